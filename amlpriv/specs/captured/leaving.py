"""Which installed packages an environment in the cloud does not want, and why."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LeftOut", "is_platform_only", "reason_to_leave"]

_NOTEBOOK = frozenset({
    "ipykernel", "ipython", "ipywidgets", "widgetsnbextension", "notebook", "nbclassic", "nbclient",
    "nbconvert", "nbformat", "qtconsole", "notebook-shim", "nb-conda", "nb-conda-kernels", "jupyterlab",
    "jupytext", "nbdime", "voila", "xeus-python", "ipyparallel", "nbstripout", "terminado",
    "nteract-on-jupyter",
})  # fmt: skip
_PLATFORM = frozenset({
    "pywin32", "pypiwin32", "pywin32-ctypes", "pywinpty", "winpty", "windows-curses", "win-inet-pton",
    "wincertstore", "win32-setctime", "pyreadline", "pyreadline3", "wmi", "comtypes", "appnope",
    "macfsevents", "python.app", "menuinst", "console-shortcut", "vc", "vc14-runtime", "powershell-shortcut",
    "vs2015-runtime", "ucrt",
})  # fmt: skip
_TOOLS = frozenset({
    "pip", "setuptools", "wheel", "distribute", "pkg-resources",
})  # fmt: skip
_CONDA = frozenset({
    "conda", "mamba", "micromamba", "conda-build", "conda-content-trust", "conda-libmamba-solver",
    "conda-package-handling", "anaconda", "conda-package-streaming", "conda-token", "anaconda-client",
    "anaconda-navigator", "anaconda-anon-usage", "anaconda-cli-base", "libmambapy", "navigator-updater",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A package that does not go into the file."""

    name: str
    version: str
    reason: str
    """Why, as half a sentence."""
    dependency: bool = False
    """Whether it is only here for others that are left out."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}: {self.reason}"


def reason_to_leave(key: str) -> str | None:
    """Why a package of this normalised name is not wanted, unless something that is kept requires it."""
    if key in _NOTEBOOK or key.startswith(("jupyter-", "jupyterlab-")) or key == "jupyter":
        return "only notebooks need it"
    if key in _PLATFORM or key.startswith("pyobjc"):
        return "only Windows or macOS has it"
    if key in _TOOLS:
        return "a tool for installing: the environment has its own"
    if key in _CONDA:
        return "a tool of conda itself"
    return "this tool itself" if key == "amlpriv" else None


def is_platform_only(key: str) -> bool:
    """Whether a package of this normalised name cannot be installed on Linux."""
    return key in _PLATFORM or key.startswith("pyobjc")
