"""Run a notebook in its own folder and write it, with outputs, to another file: ``execute.py NOTEBOOK OUT``."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

if __name__ == "__main__":
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    notebook = nbformat.read(source, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": source.parent}}
    )
    client.execute()
    nbformat.write(notebook, out)  # type: ignore[no-untyped-call]
