"""Pages of an index as HTML (PEP 503, 592, 629, 658, 714): links, and the signs of a page that is none."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urljoin, urlsplit

from amlpriv.connections.page_values import BEST_HASHES, File, Page, is_plain, normalized

__all__ = ["Html", "read_html", "write_html_names", "write_html_page"]

_FILE = re.compile(r"\.(whl|egg|exe|msi|rpm|zip|tgz|tar|tbz|txz|tlz|tar\.(gz|bz2|xz|lz|lzma|z|zst))$", re.IGNORECASE)
_HASH = re.compile(r"([A-Za-z0-9_]+)=([0-9A-Fa-f]+)")
_SCHEMES = ("http", "https", "file")
_SIGN_IN = re.compile(r"sign[ -]?in|log[ -]?in|signin|authenticat", re.IGNORECASE)


@dataclass(slots=True)
class Html:
    """What an HTML page holds, as far as an index cares."""

    files: list[File] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Normalised names of projects, where its links lead to their pages."""
    junk: int = 0
    """Links that lead to no file."""
    version: str | None = None
    """PEP 629; None where it does not say."""
    title: str = ""
    asks_password: bool = False
    has_script: bool = False
    status: str | None = None

    @property
    def is_sign_in(self) -> bool:
        """Whether people are to sign in here."""
        named = not self.is_listing and _SIGN_IN.search(self.title) is not None
        return not self.files and (self.asks_password or named)

    @property
    def is_listing(self) -> bool:
        """Whether it says of itself that it lists a project's files, even if there is none (yet)."""
        return self.version is not None or "links for" in self.title.lower()


def read_html(text: str, url: str) -> Html:
    """All links of a page that was read at ``url``; what is broken is counted, and never raises."""
    parser = _Reader(url)
    with suppress(AssertionError):  # of the standard library's parser, for a broken "<![": what came before counts
        parser.feed(text)
        parser.close()
    return parser.found


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Html()
        self._base = url
        self._has_base = False
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._link(dict(attrs))
        elif tag == "base" and not self._has_base:
            self._set_base(dict(attrs).get("href"))
        elif tag == "meta":
            self._meta(dict(attrs))
        elif tag in ("title", "h1") and not self.found.title:
            self._text = []
        elif tag == "input":
            self.found.asks_password |= (dict(attrs).get("type") or "").lower() == "password"
        elif tag == "script":
            self.found.has_script = True

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._text is not None and tag in ("title", "h1"):
            self.found.title = " ".join("".join(self._text).split())
            self._text = None

    def _set_base(self, href: str | None) -> None:
        if href:  # the first one counts (HTML standard), and it may be relative
            self._base = _join(self._base, href) or self._base
            self._has_base = True

    def _meta(self, attributes: dict[str, str | None]) -> None:
        name = (attributes.get("name") or "").lower()
        if name == "pypi:repository-version":
            self.found.version = (attributes.get("content") or "").strip() or None
        elif name == "pypi:project-status":
            self.found.status = _status(attributes.get("content"))

    def _link(self, attributes: dict[str, str | None]) -> None:
        href = (attributes.get("href") or "").strip()
        absolute = _join(self._base, href) if href else None
        file = _file(absolute, attributes) if absolute else None
        if file is not None:
            self.found.files.append(file)
            return
        self.found.junk += 1
        if absolute and (name := _project(absolute, self._base)):
            self.found.names.append(name)


def _status(text: str | None) -> str | None:
    word = (text or "").strip().lower()
    return None if word in ("", "active") else word


def _join(base: str, href: str) -> str | None:
    if href.startswith(("https://", "http://")):
        return href
    try:
        return urljoin(base, href)
    except ValueError:  # for instance an IPv6 host without its closing bracket
        return None


def _file(absolute: str, attributes: dict[str, str | None]) -> File | None:
    address, _, fragment = absolute.partition("#")
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    filename = unquote(parts.path.rpartition("/")[2])
    if parts.scheme not in _SCHEMES or not _FILE.search(filename) or not is_plain(filename):
        return None
    core = attributes.get("data-core-metadata")
    core = attributes.get("data-dist-info-metadata") if core is None else core  # PEP 714: the old, mistaken name
    return File(
        filename,
        address.replace(" ", "%20"),
        _hashes(fragment),
        (attributes.get("data-requires-python") or "").strip() or None,
        # The attribute alone, without a value, is yanked as well (PEP 592).
        (attributes["data-yanked"] or "").strip() if "data-yanked" in attributes else None,
        metadata=None if core is None or core.lower() == "false" else _hashes(core),
        gpg_sig={"true": True, "false": False}.get((attributes.get("data-gpg-sig") or "").lower()),
    )


def _hashes(text: str) -> dict[str, str]:
    """``sha256=...`` of a fragment or an attribute; unknown names of hashes are left out."""
    pairs = (_HASH.fullmatch(part) for part in text.split("&"))
    found = {match[1].lower(): match[2].lower() for match in pairs if match}
    return {name: value for name, value in found.items() if name in BEST_HASHES}


def _project(absolute: str, base: str) -> str | None:
    """The project whose page this is: a name directly below the root of the index."""
    try:
        path, root = urlsplit(absolute).path.rstrip("/"), urlsplit(base).path
    except ValueError:
        return None
    folder, _, name = path.rpartition("/")
    if folder != root.rstrip("/") or not is_plain(unquote(name)):
        return None
    return normalized(unquote(name)) or None


def write_html_page(page: Page) -> str:
    """A project's page by PEP 503; addresses stand as they are, each with its best hash as the fragment."""
    lines = [_anchor(file) for file in page.files]
    metas = f'<meta name="pypi:project-status" content="{escape(page.status)}">' if page.status else ""
    return _document(f"Links for {page.name}", lines, metas)


def write_html_names(names: list[str]) -> str:
    """The root page of an index by PEP 503."""
    return _document("Simple index", [f'<a href="{quote(name)}/">{escape(name)}</a><br>' for name in names], "")


def _document(title: str, lines: list[str], metas: str) -> str:
    head = f'<meta charset="utf-8"><meta name="pypi:repository-version" content="1.0">{metas}'
    body = "\n".join([f"<h1>{escape(title)}</h1>", *lines])
    return f"<!DOCTYPE html>\n<html><head>{head}<title>{escape(title)}</title></head>\n<body>\n{body}\n</body></html>\n"


def _anchor(file: File) -> str:
    best = file.best_hash
    attributes = {"href": file.url + (f"#{best[0]}={best[1]}" if best else "")}
    if file.requires_python is not None:
        attributes["data-requires-python"] = file.requires_python
    if file.yanked is not None:
        attributes["data-yanked"] = file.yanked
    if file.metadata is not None:
        core = next((f"{name}={file.metadata[name]}" for name in BEST_HASHES if name in file.metadata), "true")
        attributes |= {"data-core-metadata": core, "data-dist-info-metadata": core}
    if file.gpg_sig is not None:
        attributes["data-gpg-sig"] = str(file.gpg_sig).lower()
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<a {written}>{escape(file.filename)}</a><br>"
