"""Run cells in a real kernel: ``kernel.py CELLS`` (a JSON list) prints a JSON list of what each cell showed."""

from __future__ import annotations

import json
import sys

import nbformat
from nbclient import NotebookClient

if __name__ == "__main__":
    cells = [nbformat.v4.new_code_cell(text) for text in json.loads(sys.argv[1])]  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True)
    client.execute()
    shown = []
    for cell in notebook.cells:
        texts = [
            out.get("text") or "\n".join(out.get("traceback", [])) or out["data"]["text/plain"] for out in cell.outputs
        ]
        shown.append("".join(texts))
    sys.stdout.write(json.dumps(shown))
