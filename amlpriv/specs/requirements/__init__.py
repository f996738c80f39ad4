"""Requirements files, read exactly as pip reads them (pip documentation, "Requirements File Format").

``parse_requirements`` reads one text, ``read_requirements`` a file with everything behind its ``-r`` and ``-c``,
``flatten`` gives its lines in pip's order, ``render_requirements`` writes lines that mean the same.
"""

from __future__ import annotations

from amlpriv.specs.requirements.decoding import Decoded, decode_requirements
from amlpriv.specs.requirements.lines import (
    IncludeLine,
    OptionsLine,
    RequirementLine,
    RequirementsFile,
    RequirementsLine,
    RequirementsNote,
)
from amlpriv.specs.requirements.reading import parse_requirements
from amlpriv.specs.requirements.rendering import render_line, render_requirements
from amlpriv.specs.requirements.tree import (
    Indexes,
    PlacedLine,
    RequirementsTree,
    flatten,
    index_settings,
    read_requirements,
)

__all__ = [
    "Decoded",
    "IncludeLine",
    "Indexes",
    "OptionsLine",
    "PlacedLine",
    "RequirementLine",
    "RequirementsFile",
    "RequirementsLine",
    "RequirementsNote",
    "RequirementsTree",
    "decode_requirements",
    "flatten",
    "index_settings",
    "parse_requirements",
    "read_requirements",
    "render_line",
    "render_requirements",
]
