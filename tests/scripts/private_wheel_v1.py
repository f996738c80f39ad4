"""Upload a private wheel with SDK v1, and register an environment that installs it."""

import os
import sys
from pathlib import Path

from azureml.core import Datastore, Environment, Workspace
from azureml.core.authentication import ServicePrincipalAuthentication
from azureml.core.conda_dependencies import CondaDependencies
from azureml.exceptions import UserErrorException

auth = ServicePrincipalAuthentication(
    tenant_id=os.environ["AZURE_TENANT_ID"],
    service_principal_id=os.environ["AZURE_CLIENT_ID"],
    service_principal_password=os.environ["AZURE_CLIENT_SECRET"],
)
ws = Workspace.from_config(auth=auth)
print("workspace", ws.name, ws.location)

wheel = sys.argv[1]
url = Environment.add_private_pip_wheel(workspace=ws, file_path=wheel, exist_ok=False)
print("url", url)
try:
    Environment.add_private_pip_wheel(workspace=ws, file_path=wheel)
except UserErrorException as error:
    print("refused", "already exists" in str(error))
print("same", Environment.add_private_pip_wheel(workspace=ws, file_path=wheel, exist_ok=True) == url)

dependencies = CondaDependencies()
dependencies.add_pip_package("numpy==1.26.4")
dependencies.add_pip_package(url)
env = Environment("churn-v1")
env.python.conda_dependencies = dependencies
env.docker.base_image = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04"
print("registered", env.register(ws).version, env.register(ws).version)

env.environment_variables = {"STAGE": "test"}
print("changed", env.register(ws).version)

first = Environment.get(ws, "churn-v1", version="1")
print("packages", *first.python.conda_dependencies.pip_packages)
print("image", first.docker.base_image)
print("latest", Environment.get(ws, "churn-v1").environment_variables)
print("listed", *Environment.list(ws))

feed = "https://feed.contoso.example/simple"
ws.set_connection(name="private-feed", category="PythonFeed", target=feed, authType="PAT", value="my-token")
connection = ws.get_connection("private-feed")
print("connection", connection["properties"]["target"], "my-token" in str(connection))
print("connections", ws.list_connections().count("private-feed"), ws.list_connections(category="Git"))
ws.set_connection(name="json-feed", category="PythonFeed", target=feed, authType="PAT", value='{"pat": "my-token"}')
print("json", "my-token" in str(ws.get_connection("json-feed")))
for name in ("private-feed", "json-feed"):
    ws.delete_connection(name)

datastore = ws.get_default_datastore()
print("datastores", datastore.name, *sorted(ws.datastores), Datastore.get(ws, "workspaceartifactstore").container_name)
folder, down = Path.cwd() / "up", Path.cwd() / "down"
(folder / "deep").mkdir(parents=True)
for path in ("a.txt", "deep/\u00e4 b.txt"):
    (folder / path).write_text(path[0])
datastore.upload(str(folder), "v1-up", overwrite=True, show_progress=False)
print("downloaded", datastore.download(str(down), prefix="v1-up", show_progress=False))
print("file", (down / "v1-up" / "deep" / "\u00e4 b.txt").read_text())
