"""What can be wrong with a wheel, one class per fault.

WheelError
    WheelFault                 (never raised itself) the wheel, the member and the next step
        InvalidWheelName       the file name is not PEP 427
        NotAZipFile            the file is something else
        TruncatedWheel         the end is missing
        DamagedWheel           bytes changed: checksum, headers or compressed data do not fit
        UnsupportedCompression a method other than stored and deflated
        EncryptedWheel         a member needs a password
        ZipBomb                a member or the whole expands beyond the limits
        DuplicateMember        two members would be the same file
        UnsafeMemberPath       a member would be written outside its folder
        MissingMember          a file that must be there is not
        MultipleDistInfo       more than one ``.dist-info`` folder
        BadDataFolder          a ``.data`` folder that installers refuse
        BadMetadata            METADATA cannot be understood
        BadWheelFile           WHEEL cannot be understood
        BadRecord              RECORD cannot be understood
        RecordMissingEntry     a member is not listed in RECORD
        RecordMismatch         a member is not what RECORD says
        MetadataMismatch       the content is another package or version than the file name
"""

from __future__ import annotations

import copyreg
from typing import ClassVar

from amlpriv.errors import WheelError
from amlpriv.secret import redact

__all__ = [
    "BadDataFolder",
    "BadMetadata",
    "BadRecord",
    "BadWheelFile",
    "DamagedWheel",
    "DuplicateMember",
    "EncryptedWheel",
    "InvalidWheelName",
    "MetadataMismatch",
    "MissingMember",
    "MultipleDistInfo",
    "NotAZipFile",
    "RecordMismatch",
    "RecordMissingEntry",
    "TruncatedWheel",
    "UnsafeMemberPath",
    "UnsupportedCompression",
    "WheelFault",
    "ZipBomb",
    "shown",
]


class WheelFault(WheelError):  # noqa: N818  # its subclasses are named after the fault
    """What all faults share: ``wheel`` is the file name, ``member`` the path inside it (None: the file itself)."""

    advice: ClassVar[str] = "Build or download the wheel again."

    def __init__(self, wheel: str, message: str, *, member: str | None = None, hint: str | None = None) -> None:
        text = message if member is None else f"{shown(member)} {message}"
        super().__init__(redact(text), file=redact(shown(wheel)), hint=redact(hint or self.advice))
        self.wheel = wheel
        self.member = member

    def __reduce__(self) -> tuple[object, ...]:
        # Exception's own would call __init__ with the message alone; the state restores everything.
        return (copyreg.__newobj__, (type(self), *self.args), self.__dict__)  # type: ignore[attr-defined]


class InvalidWheelName(WheelFault):
    """The file name is not ``name-version(-build)-python-abi-platform.whl`` (PEP 427)."""

    advice = "A wheel's name says what it is and where it runs; keep the name that the build gave it."


class NotAZipFile(WheelFault):
    """The file is something else with the name of a wheel."""

    advice = "A wheel is a zip archive. Download it again, or build it with `uv build --wheel`."


class TruncatedWheel(WheelFault):
    """The end of the file is missing."""

    advice = "A copy or a download stopped early. Copy, download or build the wheel again."


class DamagedWheel(WheelFault):
    """Checksums, headers or compressed data do not fit together."""

    advice = "Bytes changed after the build, for example in a transfer. Copy, download or build the wheel again."


class UnsupportedCompression(WheelFault):
    """A member is compressed with a method that not every installer reads."""

    advice = (
        "Installers agree on stored and deflated members only. Build the wheel again with a standard build backend."
    )


class EncryptedWheel(WheelFault):
    """A member needs a password."""

    advice = "No installer asks for a password. Build the wheel again without encryption."


class ZipBomb(WheelFault):
    """A member or the whole wheel expands beyond the limits (``amlpriv.wheels.archive.Limits``)."""

    advice = "A genuine wheel does not do this. Look at where the file comes from before you use it."


class DuplicateMember(WheelFault):
    """Two members would become the same file."""

    advice = "Which of them is installed depends on the installer. Build the wheel again from a clean build folder."


class UnsafeMemberPath(WheelFault):
    """A member would be written outside the folder that it is installed to."""

    advice = "A build backend never writes this. Look at where the file comes from before you use it."


class MissingMember(WheelFault):
    """A file that must be in the wheel is not."""

    advice = "Build the wheel again with a standard build backend; do not pack the folder by hand."


class MultipleDistInfo(WheelFault):
    """More than one ``.dist-info`` folder: the wheel holds several packages."""

    advice = "Build each package into its own wheel; remove left-over .dist-info folders from the source."


class BadDataFolder(WheelFault):
    """A ``.data`` folder holds something that installers refuse."""

    advice = "Only purelib, platlib, headers, scripts and data may stand in it (PEP 427)."


class BadMetadata(WheelFault):
    """METADATA cannot be understood."""

    advice = "Correct the field in pyproject.toml (or setup.cfg, setup.py) and build the wheel again."


class BadWheelFile(WheelFault):
    """WHEEL cannot be understood."""

    advice = "Build the wheel again with a current build backend."


class BadRecord(WheelFault):
    """RECORD cannot be understood."""

    advice = "Build the wheel again with a standard build backend; do not edit RECORD."


class RecordMissingEntry(WheelFault):
    """A member is not listed in RECORD."""

    advice = "A file was added after the build. Put it into the source and build the wheel again."


class RecordMismatch(WheelFault):
    """A member is not what RECORD says; ``expected`` stands in RECORD, ``got`` is in the wheel."""

    advice = "The file was changed after the build. Change the source and build the wheel again."

    def __init__(self, wheel: str, what: str, *, member: str, expected: str, got: str) -> None:
        super().__init__(wheel, f"has the {what} {got}, and RECORD says {shown(expected)}.", member=member)
        self.expected = expected
        self.got = got


class MetadataMismatch(WheelFault):
    """The content is another package, or another version, than the file name says: a renamed wheel."""

    advice = "Give the wheel its own name back, or set name and version in the project and build it again."


def shown(text: str) -> str:
    """Text of a file for a message: unprintable characters escaped, so that it cannot fake other output."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
