"""Upload a Docker build context and register the environment that is built from it."""

from azure.ai.ml import MLClient
from azure.ai.ml.entities import BuildContext, Environment
from azure.identity import DefaultAzureCredential
from azure.storage.blob import ContainerClient

credential = DefaultAzureCredential()
ml_client = MLClient.from_config(credential=credential)

environment = ml_client.environments.create_or_update(
    Environment(name="churn-docker", build=BuildContext(path="docker", dockerfile_path="Dockerfile"))
)
print("registered", environment.name, environment.version, environment.build.dockerfile_path)

container_url, _, prefix = environment.build.path.partition("/LocalUpload/")
with ContainerClient.from_container_url(container_url, credential=credential) as container:
    names = sorted(blob.name.rpartition("/")[2] for blob in container.list_blobs("LocalUpload/" + prefix))
print("uploaded", ", ".join(names))
