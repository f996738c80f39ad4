"""One rule per file, each with ``CODE``, ``NAME`` and ``find``; its docstring says why.

AP1xx a wheel against the target, AP2xx the specification, AP3xx indexes, AP4xx the local build (reported elsewhere),
AP5xx secrets, AP6xx identity. A code never changes its meaning and is never given again.
"""
