"""Submit a command job, then a pipeline of two components; follow them and fetch what they made."""

from pathlib import Path

from azure.ai.ml import Input, MLClient, Output, command, dsl, load_component
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential

ml_client = MLClient.from_config(credential=DefaultAzureCredential())

job = command(
    command="python train.py --data ${{inputs.data}} --rate ${{inputs.rate}} --model ${{outputs.model}}",
    code="src",
    inputs={"data": Input(type="uri_folder", path="data"), "rate": 0.5},
    outputs={"model": Output(type="uri_folder")},
    environment=Environment(
        image="mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest", conda_file="conda.yml", name="churn-jobs"
    ),
    compute="cpu-cluster",
    display_name="train",
    experiment_name="churn",
)
job = ml_client.jobs.create_or_update(job)
ml_client.jobs.stream(job.name)
assert ml_client.jobs.get(job.name).status == "Completed"
ml_client.jobs.download(job.name, output_name="model", download_path="downloaded")
print("model", next(Path("downloaded").rglob("model.txt")).read_text().strip())

train = load_component("components/train.yml")
evaluate = load_component("components/evaluate.yml")


@dsl.pipeline(default_compute="cpu-cluster", experiment_name="churn")
def churn(data: Input, rate: float):
    trained = train(data=data, rate=rate)
    evaluated = evaluate(model=trained.outputs.model)
    return {"report": evaluated.outputs.report}


pipeline = ml_client.jobs.create_or_update(churn(data=Input(type="uri_folder", path="data"), rate=0.25))
ml_client.jobs.stream(pipeline.name)
assert ml_client.jobs.get(pipeline.name).status == "Completed"
ml_client.jobs.download(pipeline.name, output_name="report", download_path="downloaded")
print("report", next(Path("downloaded").rglob("report.txt")).read_text().strip())
