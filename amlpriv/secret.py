"""Values that must not be shown: they print redacted, and ``reveal()`` is the only way out."""

from __future__ import annotations

import logging
import re
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit, urlunsplit

__all__ = ["RedactingFilter", "SasUrl", "Secret", "redact", "without_query"]

REDACTED = "***"

_SIGNATURE = re.compile(r"(?i)([?&;\s\"'](?:sig|code|token|access_token)=|\bsig=)(?!\*\*\*)[^&\s'\"<>)#,;]+")
_USERINFO = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://)([^/\s@'\"]+)@")
_AUTHORIZATION = re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?)(basic|bearer|sharedkey)(\s+)[^\s'\"]+")
_ACCOUNT_KEY = re.compile(r"(?i)((?:AccountKey|SharedAccessKey|SharedAccessSignature)=)[^;\s'\"]+")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")


def redact(text: str, *secrets: str) -> str:
    """``text`` without anything that looks like a secret, nor any of the given ones.

    Recognised: SAS signatures, ``user:password@`` in a URL, Authorization headers, account keys of connection
    strings, JSON web tokens.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, REDACTED)
    text = _SIGNATURE.sub(rf"\1{REDACTED}", text)
    text = _USERINFO.sub(rf"\1{REDACTED}@", text)
    text = _AUTHORIZATION.sub(rf"\1\2\3{REDACTED}", text)
    text = _ACCOUNT_KEY.sub(rf"\1{REDACTED}", text)
    return _JWT.sub(REDACTED, text)


def without_query(url: str) -> str:
    """``url`` up to its path: no user, no query, no fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


class Secret:
    """A string that prints as ``***``. It cannot be pickled or put into JSON by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The real value. Every call of this is a place where a secret leaves; keep it in sight."""
        return self._value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({REDACTED!r})"

    def __str__(self) -> str:
        return REDACTED

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._value == self._value

    def __hash__(self) -> int:
        return hash((type(self), self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is not to be pickled")


class SasUrl(Secret):
    """A URL with a shared access signature in its query; prints with ``sig=***``."""

    __slots__ = ()

    @property
    def url(self) -> str:
        """The URL without its query: safe to show."""
        return without_query(self._value)

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the signature except the signature itself (``se``, ``sp``, ``si``, ...)."""
        query = parse_qs(urlsplit(self._value).query)
        return {name: values[0] for name, values in query.items() if name != "sig"}

    def __str__(self) -> str:
        return redact(self._value)

    def __repr__(self) -> str:
        return f"SasUrl({str(self)!r})"


class RedactingFilter(logging.Filter):
    """A log filter that passes every record on with its secrets taken out."""

    def filter(self, record: logging.LogRecord) -> bool:
        message: Any = record.getMessage()
        record.msg, record.args = redact(str(message)), None
        return True
