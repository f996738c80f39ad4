"""The local workspace's control plane: Azure Resource Manager and Azure ML's management API for one workspace.

One module per resource type, each with its ``ROUTES``; `amlpriv.local.plane.app` puts them together. It is a stand-in
for trying out and for tests; where the real service's behaviour is not documented, the docstring says what was assumed.
"""
