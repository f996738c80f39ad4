"""Why a build failed: the backend's own last words, and what to do about what is seen most."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from amlpriv.errors import AmlprivError, BuildError, InputError, NetworkError

__all__ = ["build_failure", "last_words"]

_LAST_WORDS = 15
_NOT_FETCHED = re.compile(r"error sending request|dns error|tcp connect error|network was disabled|operation timed out")
_NOT_ALLOWED = re.compile(r"\b(401 Unauthorized|403 Forbidden)\b")
_NOT_FOUND = re.compile(r"cause: Because .*(?:not found|unsatisfiable|no version)")

_RAISED = re.compile(r"\s*((?:[\w.]+\.)?\w*(?:Error|Exception|Invalid\w*|Exit)): .+")
_COMPLAINT = re.compile(r".+\.\w+:\d+(?::\d+)?: (?:fatal )?(?:error|ERROR): .+|.+\(\d+\): (?:fatal )?error C\d+: .+")
"""What gcc, clang, meson and MSVC (with the line in parentheses) say about a file."""
_TOOL = re.compile(r"(?:CMake Error|error(?:\[E\d+\])?): (?!Failed to build|Command |command ).+")
_BY_UV = re.compile(
    r"  cause: (?!The build backend|Call to |TOML parse error|Failed to parse|Invalid metadata format)(.+)"
)
_TOML = re.compile(r"  cause: TOML parse error at line (\d+), column (\d+)")
_IN_TOML = re.compile(r"\s{2,}(?:\d+ )?\|")

_C = "C or C++ compiler"
_COMPILERS = r"(?:\S*/)?(?:cc|c\+\+|gcc|g\+\+|clang|clang\+\+)(?:-[\d.]+)?"
_MISSING = (
    (re.compile(rf"No such file or directory: '{_COMPILERS}'|'{_COMPILERS}' failed: No such file"), _C),
    (re.compile(r"No CMAKE_C(?:XX)?_COMPILER could be found|CMAKE_C(?:XX)?_COMPILER not set"), _C),
    (
        re.compile(r"Unknown compiler\(s\)|Microsoft Visual C\+\+ [\d.]+ or greater is required|linker `cc` not found"),
        _C,
    ),
    (
        re.compile(r"the (?:rust|Rust) (?:compiler|package manager), is not (?:installed|found)|puccinialin"),
        "Rust compiler",
    ),
)
_GET = {
    _C: "Install one (Debian and Ubuntu: build-essential; macOS: xcode-select --install; Windows: Visual Studio Build "
    "Tools), or build the wheel where there is one and name the wheel as the source.",
    "Rust compiler": "Install Rust (rustup), or build the wheel where it is and name the wheel as the source.",
}

_FRAME = re.compile(r'  File "(.+)", line \d+')
_FOREIGN = re.compile(r"[/\\](?:site-packages|builds-v\d+|lib[/\\]python[\d.]+|Lib)[/\\]|^<")


def build_failure(configuration: Path, tail: Sequence[str]) -> AmlprivError:
    """The error for what uv and the backend said last; ``configuration`` is the file that steers the build."""
    text = "\n".join(tail)
    words = last_words(tail)
    if _NOT_ALLOWED.search(text):
        return BuildError(f"{configuration}: the package index refused to serve a build requirement.", hint=words)
    if _NOT_FETCHED.search(text):
        return NetworkError(
            f"{configuration}: the build requirements could not be fetched.",
            hint=f"{words}\nCheck the network and the index that uv is configured with (UV_DEFAULT_INDEX, uv.toml).",
        )
    if _NOT_FOUND.search(text):
        return BuildError(f"{configuration}: a build requirement cannot be had from the package index.", hint=words)
    if configuration.name == "pyproject.toml" and (refused := _refused(configuration, tail)):
        return refused
    for pattern, tool in _MISSING:
        if pattern.search(text):
            message = f"{configuration}: the package is compiled, and this machine has no {tool}."
            return BuildError(message, hint=f"{words}\n{_GET[tool]}")
    cause = next(_causes(tail), None)
    return BuildError(f"{configuration}: the build backend failed{f': {cause}' if cause else '.'}", hint=words)


def last_words(tail: Sequence[str]) -> str:
    """The last lines, without the way through the backend's own code."""
    lines = [line for line in _own(tail) if line.strip() and not line.startswith("hint: Build failures usually")]
    return "\n".join(lines[-_LAST_WORDS:]) or "It said nothing."


def _causes(tail: Sequence[str]) -> Iterator[str]:
    """The lines that look like the reason, the best first."""
    raised = [line.strip() for line in tail if _RAISED.fullmatch(line)]
    yield from (line for line in reversed(raised) if not line.startswith("Error: command"))
    yield from (line.strip() for line in tail if _COMPLAINT.fullmatch(line))
    yield from (line.strip() for line in tail if _TOOL.fullmatch(line))
    yield from (match[1] for line in tail if (match := _BY_UV.fullmatch(line)))
    yield from reversed(raised)


def _refused(configuration: Path, tail: Sequence[str]) -> InputError | None:
    """uv reads pyproject.toml before the backend does."""
    for number, line in enumerate(tail):
        if match := _TOML.fullmatch(line):
            said = [text.strip() for text in tail[number + 1 :] if not _IN_TOML.match(text) and text.startswith("   ")]
            message = f"This cannot be built: {said[0] if said else 'its content is not as it must be'}."
            return InputError(message, file=configuration, line=int(match[1]), column=int(match[2]))
    return None


def _own(tail: Sequence[str]) -> Iterator[str]:
    """Without the frames of a traceback that are in libraries; a cut one at the start goes as well."""
    skipping = any(_FRAME.match(line) for line in tail) and tail[0].startswith("    ")
    for line in tail:
        if frame := _FRAME.match(line):
            skipping = _FOREIGN.search(frame[1]) is not None
        elif skipping and not line.startswith("    "):
            skipping = False
        if not skipping:
            yield line
