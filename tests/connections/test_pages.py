"""Pages of an index, as many servers write them."""

from __future__ import annotations

import json
import pickle
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlpriv.connections.pages import (
    JSON,
    File,
    NotAPage,
    NotAPageError,
    Page,
    is_sign_in_address,
    normalized,
    read_names,
    read_page,
    write_html,
    write_html_names,
    write_json,
    write_json_names,
)

URL = "https://feed.example.org/simple/contoso-features/"
SHA = "ab" * 32
OTHER = "cd" * 32
FULL = File(
    "contoso_features-1.0-py3-none-any.whl",
    "https://files.example.org/a/contoso_features-1.0-py3-none-any.whl",
    {"sha256": SHA},
    ">=3.8,<4",
    "broken & <wrong>",
    12,
    "2026-01-02T03:04:05.678Z",
    {"sha256": OTHER},
    False,
)


def html(text: str, url: str = URL) -> Page:
    return read_page(text, url=url, content_type="text/html; charset=utf-8")


def links(body: str, url: str = URL) -> list[tuple[str, str]]:
    return [(file.filename, file.url) for file in html(body, url).files]


@pytest.mark.parametrize("write", [write_html, write_json])
def test_what_is_written_reads_back_the_same(write: object) -> None:
    page = Page("contoso-features", (FULL, File("b-1.tar.gz", "https://x.example.org/b-1.tar.gz", yanked="")), URL)
    text = write_html(page) if write is write_html else write_json(page)
    back = read_page(text, url=URL, content_type=JSON if write is write_json else "text/html")
    assert back.name == page.name
    assert len(back.files) == 2
    assert back.junk == 0
    for one, other in zip(back.files, page.files, strict=True):
        assert (one.filename, one.url, one.hashes, one.requires_python) == (
            other.filename,
            other.url,
            other.hashes,
            other.requires_python,
        )
        assert (one.yanked, one.metadata, one.gpg_sig) == (other.yanked, other.metadata, other.gpg_sig)


def test_json_has_version_1_1_only_where_all_sizes_are_known() -> None:
    sized = json.loads(write_json(Page("a", (FULL,), versions=("1.0",))))
    unsized = json.loads(write_json(Page("a", (FULL, File("b-1.tar.gz", "https://x.example.org/b-1.tar.gz")))))
    assert sized["meta"] == {"api-version": "1.1"}
    assert sized["versions"] == ["1.0"]
    assert sized["files"][0]["size"] == 12
    assert unsized["meta"] == {"api-version": "1.0"}
    assert "versions" not in unsized


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("../../packages/a-1.zip#md5=00", "https://feed.example.org/packages/a-1.zip"),  # Artifactory, Nexus
        ("/packages/a-1.zip#md5=00", "https://feed.example.org/packages/a-1.zip"),  # pypiserver
        ("../../+f/ab/cd/a-1.zip#sha256=00", "https://feed.example.org/+f/ab/cd/a-1.zip"),  # devpi
        ("//cdn.example.org/a-1.zip", "https://cdn.example.org/a-1.zip"),
        ("a-1.zip", f"{URL}a-1.zip"),
        (
            "https://x.example.org/files/0f/a-1.zip?sig=1&amp;b=2#sha256=00",
            "https://x.example.org/files/0f/a-1.zip?sig=1&b=2",
        ),
        ("a%2B1-1.zip", f"{URL}a%2B1-1.zip"),
        ("a b/a-1.zip", f"{URL}a%20b/a-1.zip"),
    ],
)
def test_links_are_made_absolute(href: str, expected: str) -> None:
    assert [url for _, url in links(f'<a href="{href}">x</a>')] == [expected]


def test_a_name_is_decoded() -> None:
    assert links('<a href="a-1.0%2Bcu118-py3-none-any.whl">x</a>')[0][0] == "a-1.0+cu118-py3-none-any.whl"


def test_the_first_base_counts_and_may_be_relative() -> None:
    body = '<base href="/other/"><base href="https://no.example.org/"><a href="a-1.zip">a</a>'
    assert links(body) == [("a-1.zip", "https://feed.example.org/other/a-1.zip")]


def test_attributes_without_a_value_and_empty_ones_are_understood() -> None:
    body = '<a href="a-1.zip" data-requires-python="" data-yanked>x</a><a href="a-2.zip" data-yanked="a &lt; b">x</a>'
    one, two = html(body).files
    assert one.requires_python is None
    assert one.yanked == ""
    assert one.is_yanked
    assert two.yanked == "a < b"
    assert not html('<a href="a-1.zip" data-requires-python="&gt;=3.8">x</a>').files[0].is_yanked


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", None),
        ('data-dist-info-metadata="true"', {}),
        ('data-core-metadata="true"', {}),
        ('data-core-metadata="false"', None),
        (f'data-dist-info-metadata="sha256={SHA}"', {"sha256": SHA}),
        (f'data-core-metadata="sha256={SHA}" data-dist-info-metadata="sha256={OTHER}"', {"sha256": SHA}),
    ],
)
def test_core_metadata_goes_before_its_old_name(attributes: str, expected: object) -> None:
    assert html(f'<a href="a-1-py3-none-any.whl" {attributes}>x</a>').files[0].metadata == expected


def test_the_best_of_several_hashes_is_taken() -> None:
    file = html(f'<a href="a-1.zip#md5=0aB&amp;sha256={SHA}&amp;egg=a&amp;crc=1">x</a>').files[0]
    assert file.hashes == {"md5": "0ab", "sha256": SHA}
    assert file.best_hash == ("sha256", SHA)
    assert html('<a href="a-1.zip">x</a>').files[0].best_hash is None


def test_the_address_of_the_metadata_keeps_the_query() -> None:
    assert File("a.whl", "https://x.example.org/a.whl?b=1").metadata_url == "https://x.example.org/a.whl.metadata?b=1"


def test_an_address_does_not_show_since_it_may_be_signed() -> None:
    page = html('<a href="a-1.zip?sig=topsecret">x</a>')
    assert "topsecret" not in repr(page) + str(page.files[0])


@pytest.mark.parametrize(
    "junk",
    [
        "<a>x</a>",
        '<a href="">x</a>',
        '<a href="mailto:a@example.org">x</a>',
        '<a href="javascript:void(0)">x</a>',
        '<a href="https://[broken/a-1.zip">x</a>',
        '<a href="../">Parent</a>',
        '<a href="..%2F..%2Fetc%2Fa-1.zip">x</a>',
        '<a href="a%5Cb-1.zip">x</a>',
        '<a href="a-1.zip.asc">x</a>',
        '<a href="data:a-1.zip">x</a>',
        '<a href="a%00-1.zip">x</a>',
    ],
)
def test_a_junk_link_is_counted_and_never_raises(junk: str) -> None:
    page = html(f'{junk}<a href="a-1.zip">x</a>')
    assert page.junk == 1
    assert [file.filename for file in page.files] == ["a-1.zip"]


def test_broken_html_gives_what_can_be_read() -> None:
    page = html('<a href="a-1.zip">x<a href=a-2.zip>y</b><<a href="a-3.zip" <a href="a-4')
    assert [file.filename for file in page.files][:2] == ["a-1.zip", "a-2.zip"]


def test_devpis_refresh_button_makes_no_sign_in_page() -> None:
    body = '<h1>a: links</h1><form method="post"><input name="refresh" type="submit"/></form><a href="a-1.zip">x</a>'
    assert len(html(body).files) == 1


def test_an_empty_project_has_an_empty_page() -> None:
    assert html("<html><head><title>Links for a</title></head><body><h1>Links for a</h1></body></html>").files == ()
    assert html('<title>Links for a</title><a href="/">home</a>').files == ()
    assert html('<title>me/dev: links for login-tools</title><a href="/">home</a>').files == ()  # devpi
    assert read_page(write_json(Page("a")), url=URL, content_type=JSON).files == ()


NEWER = '<meta name="pypi:repository-version" content="2.1"><a href="a-1.zip">a</a>'
SIGN_IN = '<html><head><title>Azure DevOps Services | Sign In</title></head><body><a href="/x">x</a></body></html>'


@pytest.mark.parametrize(
    ("text", "content_type", "url", "kind"),
    [
        (SIGN_IN, "text/html", URL, NotAPage.SIGN_IN),
        (NEWER, "text/html", URL, NotAPage.NEWER),
        ('<form><input type="password"></form>', "text/html", URL, NotAPage.SIGN_IN),
        ("<p>wait</p>", "text/html", "https://login.microsoftonline.com/common/oauth2", NotAPage.SIGN_IN),
        ('<title>JFrog</title><a href="/ui">x</a>', "text/html", URL, NotAPage.WEB_PAGE),
        ('<a href="a/">a</a><a href="b/">b</a>', "text/html", URL, NotAPage.WEB_PAGE),
        ('{"message": "no"}', "application/json", URL, NotAPage.OTHER_JSON),
        ("[1]", "application/json", URL, NotAPage.OTHER_JSON),
        ('{"files": 1}', JSON, URL, NotAPage.OTHER_JSON),
        ('{"files": [', JSON, URL, NotAPage.OTHER_JSON),
        ("[" * 100_000, JSON, URL, NotAPage.OTHER_JSON),
        ('{"meta": {"api-version": "2.0"}, "files": []}', JSON, URL, NotAPage.NEWER),
        (
            '<meta name="pypi:repository-version" content="2.1"><a href="a-1.zip">a</a>',
            "text/html",
            URL,
            NotAPage.NEWER,
        ),
        ("PK\3\4\0\0", "application/zip", URL, NotAPage.BINARY),
    ],
)
def test_what_is_no_page_is_named(text: str, content_type: str, url: str, kind: NotAPage) -> None:
    with pytest.raises(NotAPageError) as caught:
        read_page(text, url=url.replace("https://", "https://user:secret@") + "?sig=1", content_type=content_type)
    assert caught.value.kind is kind
    assert "secret" not in str(caught.value)
    assert "sig" not in str(caught.value).replace("sign", "")
    assert pickle.loads(pickle.dumps(caught.value)).kind is kind  # noqa: S301  our own


def test_json_with_a_wrong_content_type_is_read() -> None:
    text = write_json(Page("a", (FULL,)))
    for content_type in ("application/json", "text/plain", ""):
        assert len(read_page(text, url=URL, content_type=content_type).files) == 1


def test_json_entries_that_cannot_be_read_are_counted() -> None:
    good = {"filename": "a-1.zip", "url": "../a-1.zip", "hashes": {"SHA256": SHA.upper(), "odd": "1"}, "yanked": True}
    bad = [
        1,
        {},
        {"filename": "../a-1.zip", "url": "x"},
        {"filename": "a-1.zip", "url": ""},
        {"filename": "a.zip", "url": "ftp://x/a.zip"},
    ]
    text = json.dumps({"meta": {"api-version": "1.3"}, "name": "A_b", "files": [good, *bad], "versions": ["1", 2]})
    page = read_page(text, url=URL, content_type=JSON)
    assert (page.name, page.junk, page.versions, page.api_version) == ("a-b", 5, ("1",), "1.3")
    file = page.files[0]
    assert file.url == "https://feed.example.org/simple/a-1.zip"
    assert (file.hashes, file.yanked) == ({"sha256": SHA}, "")


@pytest.mark.parametrize(
    "odd",
    [{"size": -1}, {"size": True}, {"hashes": 1}, {"yanked": 1}, {"requires-python": 3}, {"upload-time": {}}],
)
def test_odd_values_of_a_json_entry_are_left_out(odd: dict[str, object]) -> None:
    entry = {"filename": "a-1.zip", "url": "https://x.example.org/a-1.zip", **odd}
    text = json.dumps({"files": [entry]})
    assert read_page(text, url=URL, content_type=JSON).files == (File("a-1.zip", "https://x.example.org/a-1.zip"),)


def test_a_projects_status_is_read() -> None:
    text = write_json(Page("a", status="archived"))
    assert read_page(text, url=URL, content_type=JSON).status == "archived"
    assert html(write_html(Page("a", (FULL,), status="quarantined"))).status == "quarantined"
    assert read_page('{"files": [], "project-status": {"status": "active"}}', url=URL, content_type=JSON).status is None


def test_the_name_of_an_html_page_is_its_addresss() -> None:
    assert html("<title>Links for</title>", "https://x.example.org/simple/Foo.Bar/index.html").name == "foo-bar"
    assert html("<title>Links for</title>", "https://x.example.org/").name == ""
    assert normalized("A__b.-c") == "a-b-c"


def test_the_names_of_a_root_page_are_read_and_written() -> None:
    root = "https://x.example.org/simple/"
    for text, content_type in (
        (write_html_names(["foo-bar", "b"]), "text/html"),
        (write_json_names(["foo-bar", "b"]), JSON),
        ('<a href="/simple/Foo_Bar/">f</a><a href="b">b</a><a href="b/">b</a><a href="/about">x</a>', "text/html"),
    ):
        assert read_names(text, url=root, content_type=content_type) == ("foo-bar", "b")
    assert read_names("<html></html>", url=root, content_type="text/html") == ()


@pytest.mark.parametrize(
    ("text", "content_type", "kind"),
    [
        (SIGN_IN, "text/html", NotAPage.SIGN_IN),
        ('{"errors": []}', JSON, NotAPage.OTHER_JSON),
        ('<script></script><a href="/about">x</a>', "text/html", NotAPage.WEB_PAGE),
    ],
)
def test_a_root_page_that_is_none_is_named(text: str, content_type: str, kind: NotAPage) -> None:
    with pytest.raises(NotAPageError) as caught:
        read_names(text, url="https://x.example.org/simple/", content_type=content_type)
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://login.microsoftonline.com/x", True),
        ("https://app.vssps.visualstudio.com/_signin?realm=x", True),
        ("https://dev.azure.com/org/_signin", True),
        ("https://gitlab.example.org/users/sign_in", True),
        ("https://feed.example.org/simple/login-tools/", False),
        ("https://[x", False),
    ],
)
def test_addresses_to_sign_in_at_are_known(url: str, expected: bool) -> None:
    assert is_sign_in_address(url) is expected


def test_a_page_of_five_thousand_versions_is_read_fast() -> None:
    files = tuple(File(f"a-1.{v}.zip", f"https://x.example.org/p/a-1.{v}.zip", {"sha256": SHA}) for v in range(5000))
    for text, content_type in ((write_html(Page("a", files)), "text/html"), (write_json(Page("a", files)), JSON)):
        start = time.process_time()
        assert len(read_page(text, url=URL, content_type=content_type).files) == 5000
        assert time.process_time() - start < 2


_PIECES = st.sampled_from(
    [
        "<a ",
        'href="',
        '"',
        ">",
        "</a>",
        "<![",
        "<!",
        "]]>",
        "<?",
        "&#x110000;",
        "https://[",
        "//\u2100.org/a-1.zip",
        "a-1.zip",
        "#",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(_PIECES, st.text(max_size=5)), max_size=12).map("".join))
def test_no_html_makes_it_fail(text: str) -> None:
    try:
        page = html(text)
    except NotAPageError:
        return
    assert all(file.url and "/" not in file.filename for file in page.files)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["a-1.zip", "https://[", "../a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "sha256"]), inner, max_size=2),
    max_leaves=5,
)
_KEYS = ["filename", "url", "hashes", "yanked", "size", "core-metadata", "requires-python", "gpg-sig", "upload-time"]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(_KEYS), _VALUES), _VALUES, _VALUES)
def test_no_json_makes_it_fail(entry: dict[str, object], name: object, meta: object) -> None:
    good = {"filename": "a-1.zip", "url": "https://x.example.org/a-1.zip"}
    data = {"files": [entry, {**good, **entry}], "name": name, "versions": name, "project-status": meta, "meta": meta}
    page = read_page(json.dumps(data), url=URL, content_type=JSON)
    assert len(page.files) + page.junk == 2
