"""Private Python packages in Azure Machine Learning (SDK v2)."""
