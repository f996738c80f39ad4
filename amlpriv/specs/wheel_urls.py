"""The address of a wheel in private storage: its file name, and that no credential stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from amlpriv.secret import redact
from amlpriv.specs.digest import plain_url
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import input_error

__all__ = ["WheelUrl", "read_wheel_url"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_STORAGE_SCHEMES = {
    "abfs": "https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH",
    "abfss": "https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH",
    "wasb": "https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH",
    "wasbs": "https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH",
    "azureml": "the https:// address of the file behind the datastore",
}


@dataclass(frozen=True, slots=True)
class WheelUrl:
    """An address that may be shown and registered."""

    plain: str
    """Without credential and fragment; what else stands in the query (``snapshot=``) stays."""
    filename: str
    """The wheel's (PEP 427), decoded."""


def read_wheel_url(url: str, name: str, position: Position | None = None) -> WheelUrl:
    """The address of the wheel of ``name``.

    InputError for an address with a credential in it (a file is no place for one), one that is not https, and one
    whose path does not end in the file name of a wheel.
    """
    shown = redact(url)
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        whole = bool(host) and (parts.port is None or parts.port > 0)
    except ValueError:
        parts, host, whole = urlsplit(""), "", False
    scheme = parts.scheme.lower()
    if scheme in _STORAGE_SCHEMES:
        message = f"The source of {name}: wheels are not fetched by '{scheme}:'."
        raise input_error(message, position, hint=f"Write {_STORAGE_SCHEMES[scheme]}.")
    if not whole or (scheme != "https" and not (scheme == "http" and host in _LOOPBACK)):
        message = f"The source of {name} is no address that a wheel can be fetched from: {shown}."
        raise input_error(message, position, hint="Write one that begins with https://.")
    _refuse_secret(name, parts.netloc, parts.query, url, position)
    return WheelUrl(
        urlunsplit((scheme, parts.netloc, parts.path, parts.query, "")), _filename(parts.path, name, position)
    )


def _refuse_secret(name: str, netloc: str, query: str, url: str, position: Position | None) -> None:
    kept = {field for field in urlsplit(plain_url(url)).query.split("&") if field}
    dropped = [field for field in query.split("&") if field and field not in kept]
    if "@" not in netloc and not dropped:
        return
    what = "a user or a password" if "@" in netloc else "a shared access signature or a token"
    hint = (
        "Take it out, and revoke it: whoever had the file has it. amlpriv signs in with your own identity (az login), "
        "with a SAS in the variable AMLPRIV_SAS_<ACCOUNT>, or elsewhere with what stands in netrc."
    )
    raise input_error(f"The address of {name} holds {what}.", position, hint=hint)


def _filename(path: str, name: str, position: Position | None) -> str:
    filename = unquote(path.rpartition("/")[2])
    try:
        if any(mark in filename for mark in "/\\\0"):
            raise InvalidWheelFilename(filename)
        parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        message = f"The address of {name} does not end in the file name of a wheel (PEP 427): {redact(filename)!r}."
        hint = "It has to be the address of one .whl file, under the name that it was built with."
        raise input_error(message, position, hint=hint) from error
    return filename
