"""Git repositories: prove that one can be read with a credential, and fetch one commit of it.

The user's own ``git`` does the work. A credential reaches it by its environment only, through a credential helper of
ours (``answering``): never by an argument, an address, a configuration or a file.
"""
