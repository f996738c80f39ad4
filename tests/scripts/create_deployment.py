"""Create an online endpoint with a deployment, give it all traffic, look at both, delete them."""

from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration,
    Environment,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
)
from azure.identity import DefaultAzureCredential

ml_client = MLClient.from_config(credential=DefaultAzureCredential())

endpoint = ml_client.online_endpoints.begin_create_or_update(
    ManagedOnlineEndpoint(name="churn-endpoint", auth_mode="key")
).result()
print("endpoint", endpoint.name, endpoint.provisioning_state == "Succeeded")

deployment = ml_client.online_deployments.begin_create_or_update(
    ManagedOnlineDeployment(
        name="blue",
        endpoint_name=endpoint.name,
        model=Model(path="endpoint/model", name="churn-weights"),
        code_configuration=CodeConfiguration(code="endpoint", scoring_script="score.py"),
        environment=Environment(
            name="churn-scoring",
            image="mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest",
            conda_file={
                "channels": ["conda-forge"],
                "dependencies": ["python=3.11", "pip", {"pip": ["azureml-inference-server-http"]}],
            },
        ),
        instance_type="Standard_DS3_v2",
        instance_count=1,
    )
).result()
print("deployment", deployment.name, deployment.provisioning_state == "Succeeded")

endpoint.traffic = {"blue": 100}
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
print("traffic", endpoint.traffic, endpoint.scoring_uri)
print("deployments", [item.name for item in ml_client.online_deployments.list(endpoint.name)])

ml_client.online_endpoints.begin_delete(endpoint.name).result()
print("endpoints", [item.name for item in ml_client.online_endpoints.list()])
