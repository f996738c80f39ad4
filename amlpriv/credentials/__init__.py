"""The user's own credential for an index or a repository: one order, the same for all verbs, and no secret shown.

`find_credential` in `amlpriv.credentials.finding` asks the sources of `amlpriv.credentials.order` one after another.
What is stored in a workspace connection is read elsewhere (`amlpriv.workspace`).
"""
