"""Register an environment from a conda YAML, look at it, change its description, archive it."""

from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential

ml_client = MLClient.from_config(credential=DefaultAzureCredential())

environment = Environment(
    name="churn",
    description="Churn training",
    image="mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest",
    conda_file="conda.yml",
    tags={"team": "growth"},
)
environment = ml_client.environments.create_or_update(environment)
print("registered", environment.name, environment.version)

latest = ml_client.environments.get("churn", label="latest")
assert latest.version == environment.version, (latest.version, environment.version)
print("python", next(line for line in latest.conda_file["dependencies"] if str(line).startswith("python")))

environment.description = "Churn training, 2026"
ml_client.environments.create_or_update(environment)
print("description", ml_client.environments.get("churn", environment.version).description)

ml_client.environments.archive("churn", version=environment.version)
print("listed", [item.version for item in ml_client.environments.list("churn")])
ml_client.environments.restore("churn", version=environment.version)
print("listed", [item.version for item in ml_client.environments.list("churn")])
