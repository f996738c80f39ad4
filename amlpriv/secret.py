"""Values that must not be shown: they print redacted, and ``reveal()`` is the only way out."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit, urlunsplit

__all__ = ["RedactingFilter", "SasUrl", "Secret", "may_hold_secret", "redact", "safe_cut", "without_query"]

REDACTED = "***"

# Up to what ends a value in a URL, a header, a connection string, JSON or XML. Where the URL is itself quoted or in
# JSON, its "&" is %26 (%2526, ...) or \u0026, and other characters of the value may be escaped in the same way.
_VALUE = r"(?:\\+u00(?!2[267]|3[ce])[0-9a-f]{2}|(?!%(?:25)*26)[^&\s'\"<>)#,;\\])+"

_KEYS = "access_?token|refresh_?token|client_?secret|accountkey|sastoken|sig|passw(?:or)?d"

_SIG = ("sig=", "sig ", "sig\t", "sig%", "sig\\")

_PATTERNS = tuple(
    (words, re.compile(pattern))
    for words, pattern in (
        # sig=, sig%3D and sig\u003d, also where an escaped "&" or "?" stands before it.
        (_SIG, rf"(?i)(?P<kept>(?:(?<![a-z0-9])|(?<=26)|(?<=3f))sig(?:[ \t]*=[ \t]*|%(?:25)*3d|\\+u003d)){_VALUE}"),
        (("token=", "code="), rf"(?i)(?P<kept>[?&;\s\"'](?:access_|refresh_)?token=|[?&]code=|&amp;code=){_VALUE}"),
        (("client_",), rf"(?i)(?P<kept>(?<![a-z0-9])client_(?:secret|assertion)=){_VALUE}"),
        # To the last "@", since an unquoted one in a password is common.
        (("@",), r"(?P<kept>:\\?/\\?/)[^/\s'\"]+(?=@)"),
        (("%40",), r"(?i)(?P<kept>%3a%2f%2f)(?:(?!%2f)[^/\s'\"&])+(?=%40)"),
        (
            ("authorization",),
            r"(?i)(?P<kept>authorization\W{1,8}(?:b['\"])?(?:basic|bearer|sharedkey(?:lite)?)\s+)[^\s'\"\\]+",
        ),
        (("bearer",), r"(?i)(?P<kept>\bbearer\s+)(?=\S*\d)[a-z0-9._~+/=-]{20,}"),
        (
            ("accountkey=", "sharedaccess"),
            r"(?i)(?P<kept>(?:AccountKey|SharedAccessKey|SharedAccessSignature)=)[^;\s'\"]+",
        ),
        (
            ("accountkey%", "sharedaccesskey%"),
            r"(?i)(?P<kept>(?:AccountKey|SharedAccessKey)%(?:25)*3d)(?:(?!%(?:25)*3b)[^;&\s'\"])+",
        ),
        (("passw",), r"(?i)(?P<kept>passw(?:or)?d[ \t]*=[ \t]*\\*['\"]?)[^\s&;'\"\\]+"),
        # Python's and JSON's spelling of a mapping; the value may have escaped characters.
        (
            tuple(
                f"{word}{end}"
                for word in ("token", "secret", "accountkey", "sig", "password", "passwd")
                for end in "\"'\\"
            ),
            rf"(?i)(?P<kept>(?<![a-z0-9])(?:{_KEYS})\\*[\"']\s*:\s*\\*[\"'])"
            r"(?:[^\"'\\]|\\+(?:u[0-9a-f]{4}|/))+",
        ),
        # A token for a conda channel: https://host/t/<token>/channel.
        (("/t/",), r"(?P<kept>://[^\s'\"]{1,300}?/t/)[A-Za-z0-9_.~%-]+"),
        # A storage account key stands for 64 bytes; npm's sha512-... does as well and is none.
        (("==",), r"(?P<kept>)(?<![\w+/=-])[A-Za-z0-9+/]{86}==(?![\w+/=])"),
        (("eyj",), r"(?P<kept>(?<![A-Za-z0-9-])|(?<=%20))eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"),
    )
)
"""What is looked for, and the words (in lower case) without one of which it cannot be there: a quick look for those
comes first, since a log may be long."""

_WORDS = tuple(dict.fromkeys(word for words, _ in _PATTERNS for word in words))

_REACH = 8 * 1024
"""Characters: no secret is longer."""


def redact(text: str, *secrets: str) -> str:
    """``text`` without anything that looks like a secret, nor any of the given ones.

    Recognised: SAS signatures (also inside a quoted URL, JSON or XML), ``user:password@`` in a URL, Authorization
    headers, account keys and connection strings, passwords, the secrets of a token request and its answer, JSON web
    tokens, tokens of conda channels.
    What is redacted already stays as it is.
    """
    # The longest first: one may be the beginning of another.
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, REDACTED)
    for pattern in _possible(text):
        text = pattern.sub(rf"\g<kept>{REDACTED}", text)
    return text


def _possible(text: str) -> list[re.Pattern[str]]:
    """The patterns that could match."""
    small = text.lower()
    found = []
    for words, pattern in _PATTERNS:
        for word in words:  # plain loops: a log has many lines
            if word in small:
                found.append(pattern)
                break
    return found


def may_hold_secret(text: str, *secrets: str) -> bool:
    """Whether ``redact`` might find something: a quick look, at many lines at once."""
    small = text.lower()
    return any(word in small for word in _WORDS) or any(secret in text for secret in secrets if secret)


def safe_cut(text: str, at: int, secrets: Sequence[str] = ()) -> int:
    """``at``, or a place before it, where ``text`` can be cut without cutting a secret: both parts redact as one."""
    reach = max([_REACH, *map(len, secrets)])
    own = [re.compile(re.escape(one)) for one in secrets if one and one in text]
    moved = True
    cut = at
    while moved and cut > at - reach:
        start = max(cut - reach, 0)
        window = text[start : cut + reach]
        found = [match for each in (*own, *_possible(window)) for match in each.finditer(window)]
        across = [start + match.start() for match in found if match.start() < cut - start < match.end()]
        moved = bool(across)
        cut = min(across, default=cut)
    return cut if cut > 0 else at


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
        return {name: values[0] for name, values in query.items() if name.lower() != "sig"}

    def __str__(self) -> str:
        return redact(self._value)

    def __repr__(self) -> str:
        return f"SasUrl({str(self)!r})"


class RedactingFilter(logging.Filter):
    """A log filter that passes every record on with its secrets taken out, those in tracebacks too.

    Add it to handlers: a logger's own filters do not see what its children log.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except Exception:  # logging would print the arguments as they are
            message = f"{record.msg} {record.args!r}"
        record.msg, record.args = redact(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        # Formatters print exc_text; those that would make their own of exc_info must not.
        record.exc_info = None
        record.exc_text = redact(record.exc_text) if record.exc_text else None
        record.stack_info = redact(record.stack_info) if record.stack_info else None
        return True
