"""The local workspace's package feed: Azure Artifacts as pip, uv and twine see it.

It is a stand-in for trying out and for tests; where the real service's behaviour is not documented, the docstring says
what was assumed.
"""
