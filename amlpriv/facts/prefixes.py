"""First parts of names that many public packages share: a name that begins so tells nothing about who owns it."""

from __future__ import annotations

__all__ = ["PUBLIC_PREFIXES"]

PUBLIC_PREFIXES = frozenset(
    (
        *("airflow", "alembic", "amazon", "ansible", "apache", "async", "aws", "azure", "azureml", "boto3", "celery"),
        *("cloud", "conda", "dagster", "dask", "data", "databricks", "dbt", "django", "docker", "fastapi", "flask"),
        *("fsspec", "gcp", "geo", "git", "google", "great", "grpc", "http", "hugging", "huggingface", "ipython", "jax"),
        *("json", "jupyter", "jupyterlab", "keras", "kubernetes", "lang", "langchain", "lib", "llama", "machine"),
        *("microsoft", "mkdocs", "mlflow", "msal", "mypy", "mysql", "nvidia", "onnx", "open", "openai"),
        *("opencensus", "opencv", "opentelemetry", "pandas", "prefect", "prometheus", "pure", "pydantic", "pytest"),
        *("python", "pytorch", "ray", "requests", "rest", "scikit", "sentence", "setuptools", "simple", "smart"),
        *("spacy", "sphinx", "sqlalchemy", "streamlit", "tensorboard", "tensorflow", "text", "tf2", "time", "torch"),
        *("accelerate", "datasets", "lightgbm", "matplotlib", "numpy", "pip", "polars", "poetry", "pyspark", "scipy"),
        *("seaborn", "spark", "transformers", "xgboost", "types", "typing", "web", "zope"),
    )
)
"""Normalised (PEP 503), as known in 2026-11; completeness is not needed, a name that is missing costs one warning."""
