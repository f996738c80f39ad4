import json
import os
from pathlib import Path


def init():
    global weight
    weight = float(next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("weight.txt")).read_text())


def run(raw_data):
    return [weight * value for value in json.loads(raw_data)["data"]]
