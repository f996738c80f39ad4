"""What jobs of probes install and run: a tiny wheel made in memory, a command that looks around, conda files."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shlex
import zipfile

__all__ = ["MARK", "conda_text", "look_command", "make_wheel", "read_look"]

MARK = "AMLPRIV-VERIFY "
"""Begins the one line that the command prints for us."""

_STAMP = (2020, 1, 1, 0, 0, 0)

# What it prints is yes, no or a form: never the text in which a secret may stand.
_LOOK = """
import json, re, sys
from importlib import metadata
name, module = sys.argv[1:3]
found = {"installed": None, "imported": False, "file": False}
try:
    dist = metadata.distribution(name)
    found["installed"] = dist.version
    origin = dist.read_text("direct_url.json") or ""
    found["signature_in_direct_url"] = "sig=" in origin
    if module:
        __import__(module)
    found["imported"] = True
except Exception as error:
    found["error"] = type(error).__name__
try:
    with open("/azureml-environment-setup/mutated_conda_dependencies.yml") as stream:
        text = stream.read()
    found["file"] = True
except OSError:
    text = ""
found["signature_in_file"] = "sig=" in text
user = re.search(r"://([^/@ ]+)@", text)
found["userinfo_in_file"] = "none" if not user else "user:password" if ":" in user[1] else "user"
print("AMLPRIV-VERIFY " + json.dumps(found), flush=True)
sys.exit(0 if found["imported"] else 1)
"""


def make_wheel(name: str, version: str = "1.0.0") -> tuple[str, bytes]:
    """File name and bytes of a pure Python wheel with one empty module; always the same bytes for the same name."""
    stem = name.replace("-", "_")
    info = f"{stem}-{version}.dist-info"
    files = {
        f"{stem}/__init__.py": f'"""Made by amlpriv verify; of no use to anybody."""\n\n__version__ = "{version}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: amlpriv\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join((*rows, f"{info}/RECORD,,")) + "\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, _STAMP), text)
    return f"{stem}-{version}-py3-none-any.whl", stream.getvalue()


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def conda_text(name: str, pip: list[str], *, python: str = "3.11") -> str:
    """A conda file with these pip lines, as JSON, which is YAML. ``name`` makes it unlike all others."""
    document = {
        "name": name,
        "channels": ["conda-forge"],
        "dependencies": [f"python={python}", "pip", {"pip": pip}],
    }
    return json.dumps(document, indent=1)


def look_command(package: str, module: str = "") -> str:
    """A job's command: is the package there, and what has the build left behind. Exit code 0 when it is."""
    return f"python -c {shlex.quote(_LOOK)} {shlex.quote(package)} {shlex.quote(module)}"


def read_look(log: str) -> dict[str, object] | None:
    """What the command found, from a job's log; None when it did not come so far."""
    for line in log.splitlines():
        _, mark, text = line.partition(MARK)
        if mark:
            try:
                found = json.loads(text)
            except ValueError:
                continue
            if isinstance(found, dict):
                return found
    return None
