"""Pages of an index: read as HTML or JSON, whoever wrote them, and written (PEP 503, 592, 629, 658, 691, 700, 714).

Other servers' habits are taken as they are: relative links, ``<base>``, empty attributes, hashes other than SHA-256,
JSON with a wrong content type, links that lead elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn
from urllib.parse import unquote, urljoin, urlsplit

from amlpriv.connections.page_html import Html, read_html, write_html_names, write_html_page
from amlpriv.connections.page_values import BEST_HASHES, File, NotAPage, NotAPageError, Page, is_plain, normalized

__all__ = [
    "ACCEPT",
    "HTML",
    "JSON",
    "File",
    "NotAPage",
    "NotAPageError",
    "Page",
    "is_sign_in_address",
    "normalized",
    "read_names",
    "read_page",
    "write_html",
    "write_html_names",
    "write_json",
    "write_json_names",
]

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
ACCEPT = f"{JSON}, {HTML}; q=0.1, text/html; q=0.01"
"""The header with which pip asks for a page."""

_MAJOR = "1"
_SIGN_IN_HOSTS = (
    "login.microsoftonline.com",
    "login.live.com",
    "login.windows.net",
    "spsprodeus21.vssps.visualstudio.com",
)
_SIGN_IN_PATHS = ("/_signin", "/users/sign_in", "/signin", "/login", "/ui/login")


def read_page(text: str, *, url: str, content_type: str) -> Page:
    """A project's page. ``url`` is where it was read, behind all redirects; ``content_type`` may have parameters.

    Raises NotAPageError for what is no page of a project. Links that lead to no file never raise: they are counted.
    """
    if _is_json(text, content_type):
        return _read_json_page(_json(text, url), url)
    page = _html(text, url, content_type)
    if not page.files and (page.names or page.junk) and not page.is_listing:
        _refuse(NotAPage.WEB_PAGE, url, "a web page without a link to any package's file")
    return Page(_name(url), tuple(page.files), url, (), page.version or "1.0", page.junk, page.status)


def read_names(text: str, *, url: str, content_type: str) -> tuple[str, ...]:
    """The names of the projects on an index's root page, normalised, each once. Raises NotAPageError."""
    if _is_json(text, content_type):
        entries = _json(text, url).get("projects")
        if not isinstance(entries, list):
            _refuse(NotAPage.OTHER_JSON, url, "JSON without a list of projects")
        named = [entry.get("name") for entry in entries if isinstance(entry, Mapping)]
        return tuple(dict.fromkeys(normalized(name) for name in named if isinstance(name, str)))
    page = _html(text, url, content_type)
    if page.junk and not page.names and not page.files and page.has_script:
        _refuse(NotAPage.WEB_PAGE, url, "a web page that lists no project")
    return tuple(dict.fromkeys(page.names))


def is_sign_in_address(url: str) -> bool:
    """Whether people sign in at this address; Azure DevOps redirects there what it takes for a browser."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    path = parts.path.rstrip("/").lower()
    return host in _SIGN_IN_HOSTS or host.endswith(".vssps.visualstudio.com") or path.endswith(_SIGN_IN_PATHS)


def write_html(page: Page) -> str:
    """A project's page as HTML, with the addresses as they stand in the files."""
    return write_html_page(page)


def write_json(page: Page) -> str:
    """A project's page as JSON: version 1.1 where the size of every file is known (PEP 700), else 1.0."""
    sized = all(file.size is not None for file in page.files)
    versions: dict[str, Any] = {"versions": list(page.versions)} if sized else {}
    status = {"project-status": {"status": page.status}} if page.status else {}
    meta = {"meta": {"api-version": "1.1" if sized else "1.0"}}
    files = [_write_file(file) for file in page.files]
    return json.dumps({**meta, "name": page.name, **status, **versions, "files": files})


def write_json_names(names: Iterable[str]) -> str:
    """The root page of an index as JSON."""
    return json.dumps({"meta": {"api-version": "1.1"}, "projects": [{"name": name} for name in names]})


def _write_file(file: File) -> dict[str, Any]:
    values: dict[str, Any] = {
        "requires-python": file.requires_python,
        "size": file.size,
        "upload-time": file.upload_time,
        "gpg-sig": file.gpg_sig,
        "yanked": file.yanked or (True if file.is_yanked else None),
    }
    entry = {"filename": file.filename, "url": file.url, "hashes": dict(file.hashes)}
    if file.metadata is not None:
        values["core-metadata"] = values["dist-info-metadata"] = dict(file.metadata) or True
    return {**entry, **{name: value for name, value in values.items() if value is not None}}


def _is_json(text: str, content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind.endswith("json") or (not kind.endswith("html") and text.lstrip()[:1] == "{")


def _json(text: str, url: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        _refuse(NotAPage.OTHER_JSON, url, "JSON that cannot be read")
    if not isinstance(data, Mapping):
        _refuse(NotAPage.OTHER_JSON, url, "JSON of something else")
    meta = data.get("meta")
    version = meta.get("api-version") if isinstance(meta, Mapping) else None
    _check_version(str(version or "1.0"), url)
    return data


def _html(text: str, url: str, content_type: str) -> Html:
    if "\0" in text[:4096]:
        _refuse(NotAPage.BINARY, url, f"no text ({content_type.partition(';')[0].strip() or 'of no known type'})")
    page = read_html(text, url)
    _check_version(page.version or "1.0", url)
    if page.is_sign_in or (not page.files and is_sign_in_address(url)):
        raise NotAPageError(
            f"{_shown(url)} answered with a page for people to sign in at: it did not take the credential.",
            kind=NotAPage.SIGN_IN,
            hint="Check that the credential is for this server, and that it has not expired.",
        )
    return page


def _check_version(version: str, url: str) -> None:
    if version.partition(".")[0] != _MAJOR:
        _refuse(NotAPage.NEWER, url, f"a page of version {version[:20]!r}, and only version 1 is known (PEP 629)")


def _read_json_page(data: Mapping[str, Any], url: str) -> Page:
    entries = data.get("files")
    if not isinstance(entries, list):
        _refuse(NotAPage.OTHER_JSON, url, "JSON without a list of files")
    files = [file for file in (_json_file(entry, url) for entry in entries) if file is not None]
    versions = data.get("versions")
    listed = tuple(one for one in versions if isinstance(one, str)) if isinstance(versions, list) else ()
    name, meta, status = data.get("name"), data.get("meta"), data.get("project-status")
    word = status.get("status") if isinstance(status, Mapping) else None
    return Page(
        normalized(name) if isinstance(name, str) and name else _name(url),
        tuple(files),
        url,
        listed,
        str(meta.get("api-version") or "1.0") if isinstance(meta, Mapping) else "1.0",
        len(entries) - len(files),
        word if isinstance(word, str) and word != "active" else None,
    )


def _json_file(entry: object, url: str) -> File | None:
    if not isinstance(entry, Mapping):
        return None
    filename, link = entry.get("filename"), entry.get("url")
    if not isinstance(filename, str) or not isinstance(link, str) or not link or not is_plain(filename):
        return None
    try:
        address = urljoin(url, link).partition("#")[0]
        known = urlsplit(address).scheme in ("http", "https", "file")
    except ValueError:
        return None
    if not known:
        return None
    core = entry.get("core-metadata", entry.get("dist-info-metadata"))
    yanked, size, gpg_sig = entry.get("yanked"), entry.get("size"), entry.get("gpg-sig")
    return File(
        filename,
        address,
        _hashes(entry.get("hashes")),
        _text(entry.get("requires-python")),
        yanked if isinstance(yanked, str) and yanked else ("" if yanked is True else None),
        size if type(size) is int and size >= 0 else None,
        _text(entry.get("upload-time")),
        _hashes(core) if core is True or isinstance(core, Mapping) else None,
        gpg_sig if isinstance(gpg_sig, bool) else None,
    )


def _hashes(value: object) -> dict[str, str]:
    pairs = value.items() if isinstance(value, Mapping) else ()
    lowered = {str(name).lower(): text.lower() for name, text in pairs if isinstance(text, str)}
    return {name: text for name, text in lowered.items() if name in BEST_HASHES}


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _name(url: str) -> str:
    """The project by the page's address: its last name, or the one before ``index.html``."""
    parts = [unquote(part) for part in urlsplit(url).path.split("/") if part]
    if parts and parts[-1].lower() in ("index.html", "index.json"):
        parts.pop()
    return normalized(parts[-1]) if parts else ""


def _refuse(kind: NotAPage, url: str, what: str) -> NoReturn:
    raise NotAPageError(
        f"{_shown(url)} answered with {what}.",
        kind=kind,
        hint="Give the address that pip's --index-url takes; it often ends in '/simple/'.",
    )


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
