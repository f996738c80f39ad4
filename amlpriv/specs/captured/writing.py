"""The text of a captured environment file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import yaml

from amlpriv.specs.captured.conda_layer import CondaLayer
from amlpriv.specs.sources import GitSource, IndexSource, PathSource, Source, UrlSource

__all__ = ["environment_text"]

_WIDE = 2**31


def environment_text(
    *,
    name: str,
    image: str,
    layer: CondaLayer,
    pip: Sequence[str],
    sources: Mapping[str, Source],
    remarks: Mapping[str, str],
    head: Iterable[str] = (),
) -> str:
    """The file, always the same for the same input. ``remarks`` are comments behind the names of pip lines; paths of
    sources come as they are to be written."""
    lines = [*(f"# {text}" for text in head), f"name: {_scalar(name)}", f"image: {_scalar(image)}", "conda_file:"]
    lines.append(f"  channels: [{', '.join(map(_in_flow, layer.channels))}]")
    lines.append("  dependencies:")
    lines += [f"    - {_scalar(text)}" for text in layer.dependencies]
    if pip:
        lines.append("    - pip:")
        lines += [f"      - {_scalar(line)}{_remark(remarks.get(line))}" for line in pip]
    if sources:
        lines.append("sources:")
        lines += [f"  {_scalar(key)}: {_flow(source)}" for key, source in sorted(sources.items())]
    return "\n".join(lines) + "\n"


def _remark(text: str | None) -> str:
    return f"  # {' '.join(text.split())}" if text else ""


def _scalar(text: str) -> str:
    """The text as one YAML scalar of one line, quoted where it must be."""
    return yaml.safe_dump(text, width=_WIDE, allow_unicode=True).removesuffix("...\n").strip()


def _in_flow(text: str) -> str:
    """The same between brackets or braces, where more must be quoted."""
    return yaml.safe_dump([text], default_flow_style=True, width=_WIDE, allow_unicode=True).strip()[1:-1]


def _flow(source: Source) -> str:
    match source:
        case PathSource():
            fields = {"path": source.path}
        case GitSource():
            fields = {"git": source.url, "rev": source.rev or "", "subdirectory": source.subdirectory or ""}
        case UrlSource():
            fields = {"url": source.url, "sha256": source.sha256}
        case IndexSource():
            fields = {"index": source.index}
    return "{" + ", ".join(f"{key}: {_in_flow(value)}" for key, value in fields.items() if value) + "}"
