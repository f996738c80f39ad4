"""Values that must not show, and what takes them out of any text."""

from __future__ import annotations

import base64
import copy
import dataclasses
import io
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from pprint import pformat
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amlpriv.secret import RedactingFilter, SasUrl, Secret, redact, without_query

URL = (
    "https://contoso.blob.core.windows.net/c/amlpriv/wheels/x-1.0-py3-none-any.whl"
    "?sv=2023-11-03&si=amlpriv-1&sr=b&sig=k3TgZq%2BcanaryQW%2F0aEr7%2F8vYzLq1uYb2oZ4c%3D"
)
CANARY = "canary"

signatures = st.binary(min_size=32, max_size=32).map(lambda data: base64.b64encode(data).decode())

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)

spellings: dict[str, Callable[[str], str]] = {
    "plain": lambda url: url,
    "upper case": lambda url: url.replace("sig=", "SIG="),
    "URL-quoted": lambda url: "next=" + quote(url, safe=""),
    "URL-quoted twice": lambda url: "next=" + quote(quote(url, safe=""), safe=""),
    "JSON": json.dumps,
    "JSON with escaped ampersands": lambda url: json.dumps(url).replace("&", "\\u0026"),
    "JSON with everything escaped": lambda url: json.dumps(url).replace("&", "\\u0026").replace("=", "\\u003d"),
    "JSON in JSON": lambda url: json.dumps(json.dumps(url).replace("&", "\\u0026")),
    "XML": escape,
    "repr": repr,
    "a requirement": lambda url: f"x @ {url}#sha256={'ab' * 32}",
    "a shell line": lambda url: f"curl '{url}'",
    "Markdown": lambda url: f"[wheel]({url})",
    "an ini line": lambda url: f"find-links={url}",
    "signature first": lambda url: f"https://h/x-1.0-py3-none-any.whl?sig={url.partition('sig=')[2]}&si=amlpriv-1",
}


def signed(signature: str) -> str:
    """A URL as storage clients write it: the signature is quoted."""
    return f"https://a.blob.core.windows.net/c/x.whl?sv=2023-11-03&si=amlpriv-1&sr=b&sig={quote(signature, safe='')}"


@pytest.mark.parametrize("spelling", spellings)
@settings(deadline=None, max_examples=30)
@given(signature=signatures, before=words, after=words)
@example(signature="a+/" * 14 + "b=", before="see ", after=" .")
@example(signature="+" * 43 + "=", before="\\u00", after="")
def test_no_signature_survives_in_any_surrounding(spelling: str, signature: str, before: str, after: str) -> None:
    """Whatever stands around it, and however the URL is escaped there."""
    text = f"{before} {spellings[spelling](signed(signature))} {after}"
    shown = redact(text)
    for form in {signature, quote(signature, safe=""), quote(quote(signature, safe=""), safe="")}:
        assert form not in shown
        assert form[:20] not in shown.removeprefix(before)
    assert redact(shown) == shown


@pytest.mark.parametrize("spelling", spellings)
def test_everything_but_the_signature_stays_readable(spelling: str) -> None:
    """The path and the policy are what one looks for in a log."""
    shown = redact(spellings[spelling](URL))
    assert CANARY not in shown
    assert "x-1.0-py3-none-any.whl" in shown
    assert "amlpriv-1" in shown
    assert "sig" in shown.lower()
    assert "***" in shown


def test_what_follows_a_signature_is_kept() -> None:
    """The hash of a requirement, the rest of a query in each of its spellings."""
    assert redact(f"x @ {URL}#sha256=abc ; extra") == f"x @ {URL.partition('sig=')[0]}sig=***#sha256=abc ; extra"
    assert redact("?sig=a%2Bb%3D&se=2026") == "?sig=***&se=2026"
    assert redact("?sig=a%2Bb%3D&amp;se=2026") == "?sig=***&amp;se=2026"
    assert redact(r"?sig=a%2Bb%3D\u0026se=2026") == r"?sig=***\u0026se=2026"
    assert redact("%3Fsig%3Da%252Bb%253D%26se%3D2026") == "%3Fsig%3D***%26se%3D2026"


def test_a_signature_with_an_escaped_plus_goes_as_a_whole() -> None:
    """Some JSON writers escape a plus sign too."""
    assert redact(r'{"url": "https://h/x?sig=ab\u002Bcanary\u003D\u0026se=1"}') == (
        r'{"url": "https://h/x?sig=***\u0026se=1"}'
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pip install -i https://user:canary@host/simple/", "pip install -i https://***@host/simple/"),
        ("https://canary@host/simple/", "https://***@host/simple/"),
        ("https://user:can@ary@host/simple/", "https://***@host/simple/"),
        ("git+https://x-token:canary@host/r.git@v1", "git+https://***@host/r.git@v1"),
        (r'"https:\/\/user:canary@host\/simple\/"', r'"https:\/\/***@host\/simple\/"'),
        ("to=https%3A%2F%2Fuser%3Acanary%40host%2Fsimple", "to=https%3A%2F%2F***%40host%2Fsimple"),
        ("Authorization: Basic dXNlcjpjYW5hcnk=", "Authorization: Basic ***"),
        ("authorization: bearer canary", "authorization: bearer ***"),
        ("Proxy-Authorization: Basic canary", "Proxy-Authorization: Basic ***"),
        ("{'Authorization': 'SharedKey account:canary='}", "{'Authorization': 'SharedKey ***'}"),
        ("{'Authorization': b'Bearer canary'}", "{'Authorization': b'Bearer ***'}"),
        (r'{\"Authorization\": \"Bearer canary\"}', r'{\"Authorization\": \"Bearer ***\"}'),
        ("Authorization=SharedKeyLite account:canary", "Authorization=SharedKeyLite ***"),
        ("sent Bearer canary0123456789abcdef", "sent Bearer ***"),
        (
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=canary==;EndpointSuffix=core.windows.net",
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=***;EndpointSuffix=core.windows.net",
        ),
        ("Endpoint=sb://h/;SharedAccessKey=canary=;X=1", "Endpoint=sb://h/;SharedAccessKey=***;X=1"),
        ("SharedAccessSignature=sv=1&sig=canary;X=1", "SharedAccessSignature=***;X=1"),
        ("grant_type=x&client_secret=canary&scope=s", "grant_type=x&client_secret=***&scope=s"),
        ("AZURE_CLIENT_SECRET=canary", "AZURE_CLIENT_SECRET=***"),
        ('{"access_token": "canary", "expires_in": 1}', '{"access_token": "***", "expires_in": 1}'),
        ("token eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl.", "token ***."),
        ("eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9", "***"),
        ("q=Bearer%20eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.", "q=Bearer%20***"),
        ("key " + "canary" * 14 + "ab== of the account", "key *** of the account"),
        ('{"sig":"ab\\u002bcanary", "se": 1}', '{"sig":"***", "se": 1}'),
        ("{'sig': 'canary', 'se': '1'}", "{'sig': '***', 'se': '1'}"),
        (r'{\"sig\": \"canary\"}', r'{\"sig\": \"***\"}'),
        ("sig = canary%2F and se = 1", "sig = *** and se = 1"),
        ("https://h/t/tk-canary/channel/noarch", "https://h/t/***/channel/noarch"),
        ("https://h/conda/t/tk-canary-1", "https://h/conda/t/***"),
        ("c=AccountName%3Da%3BAccountKey%3Dcanary%3D%3D%3BX%3D1", "c=AccountName%3Da%3BAccountKey%3D***%3BX%3D1"),
        ("PGPASSWORD=canary psql", "PGPASSWORD=*** psql"),
        ("user=me;password=can,ary;x=1", "user=me;password=***;x=1"),
        ('{"db_password": "canary"}', '{"db_password": "***"}'),
        ("https://h/?code=canary&x=1", "https://h/?code=***&x=1"),
        ("https://h/?x=1&access_token=canary", "https://h/?x=1&access_token=***"),
    ],
)  # fmt: skip
def test_other_kinds_of_secrets_go_as_well(text: str, shown: str) -> None:
    """And what is redacted redacts to itself."""
    assert redact(text) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "design=3; signal=2; sigma=0.1; the sig of it",
        "the process ended with exit code=3",
        "https://host:8443/a@1.0/b?x=1",
        "numpy @ https://host/numpy-2.0-py3-none-any.whl#sha256=" + "ab" * 32,
        "mail somebody@contoso.example",
        "git@host:contoso/nlp.git",
        "a basic idea, a bearer of news",
        "Authorization failed: no permission",
        "AccountName=a;EndpointSuffix=core.windows.net",
        '"integrity": "sha512-' + "A" * 86 + '=="',
        "pad_token=<pad>",
        "PWD=/home/me and /home/t/me/x",
        "the password: there is none",
        "eyJust a word",
        "Secret('***') SasUrl('https://h/x?sig=***')",
        "C:\\Users\\u0026sigrid\\x",
    ],
)
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    """Byte for byte."""
    assert redact(text) == text


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="=:%@\\"), max_size=300))
def test_prose_stays_as_it_is(text: str) -> None:
    """Every known form of a secret has one of these characters, is a token of dots, a key, or follows a word."""
    if "eyJ" not in text and "bearer" not in text.lower() and "authorization" not in text.lower():
        assert redact(text) == text


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            ["sig=", "sig%3D", "&", "%26", "\\u0026", "***", "a", "1", "://", "@", " ", "'", '"', ";", ":", "Bearer ",
             "Authorization: ", "AccountKey=", "eyJabcdefgh.", "abcdefghi", "token=", "?", "%20", "\\", "=", "/", "%40"]
        )
    ).map("".join)
)  # fmt: skip
@example("://a@***@b")
@example("SharedAccessSignature=sig=a")
def test_redacting_twice_is_redacting_once(text: str) -> None:
    """Text passes through several hands, and each of them redacts."""
    shown = redact(text)
    assert redact(shown) == shown


def test_given_secrets_go_wherever_they_stand() -> None:
    """The longest first, so that nothing of it is left; an empty one is none."""
    assert redact("x=hunter2! y=hunter", "hunter", "hunter2!", "") == "x=*** y=***"


def test_a_long_line_takes_no_time() -> None:
    """No pattern runs away on what looks like the beginning of something."""
    for text in ("a-" * 100_000, "://" * 60_000, "sig" * 60_000, "%25" * 60_000, "Bearer " * 20_000, "A" * 200_000):
        assert redact(text) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, "https://contoso.blob.core.windows.net/c/amlpriv/wheels/x-1.0-py3-none-any.whl"),
        ("https://user:canary@host:8443/p?x=canary#canary", "https://host:8443/p"),
        ("https://u:p@ss@host/p", "https://host/p"),
        ("relative/path?sig=canary", "relative/path"),
    ],
)
def test_without_query_leaves_the_address(url: str, shown: str) -> None:
    """No user, no query, no fragment."""
    assert without_query(url) == shown


@pytest.mark.parametrize("secret", [Secret("canary"), SasUrl(URL)], ids=["Secret", "SasUrl"])
@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        pformat,
        "{}".format,
        "{!r}".format,
        "{:>200}".format,
        "{!s:.500}".format,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:*^300}",
        lambda secret: "%s" % secret,  # noqa: UP031
        lambda secret: "%r" % secret,  # noqa: UP031
        lambda secret: repr([{"x": (secret,)}]),
        lambda secret: json.dumps({"x": secret}, default=str),
        lambda secret: json.dumps({"x": secret}, default=repr),
        lambda secret: "".join(traceback.format_exception(ValueError(secret))),
    ],
)
def test_a_secret_shows_redacted(secret: Secret, show: Callable[[object], str]) -> None:
    """However it is put into text."""
    shown = show(secret)
    assert CANARY not in shown
    assert "***" in shown


@pytest.mark.parametrize("secret", [Secret("canary"), SasUrl(URL)], ids=["Secret", "SasUrl"])
@pytest.mark.parametrize(
    "spread",
    [
        json.dumps,
        pickle.dumps,
        lambda secret: pickle.dumps(secret, protocol=0),
        lambda secret: pickle.dumps({"x": [secret]}, protocol=5),
        copy.copy,
        copy.deepcopy,
        vars,
        list,
        bytes,
        lambda secret: "" + secret,
        lambda secret: "".join([secret]),
    ],
)
def test_a_secret_is_not_spread_by_accident(secret: Secret, spread: Callable[[object], object]) -> None:
    """TypeError, and its text says nothing."""
    with pytest.raises(TypeError) as caught:
        spread(secret)
    assert CANARY not in str(caught.value)


def test_a_secret_inside_a_value_shows_redacted() -> None:
    """Dataclasses print their fields."""
    holder = dataclasses.make_dataclass("Holder", [("url", SasUrl), ("token", Secret)], frozen=True)
    shown = repr(holder(SasUrl(URL), Secret("canary")))
    assert CANARY not in shown
    assert "amlpriv-1" in shown


def test_reveal_is_the_way_out() -> None:
    """And the only one."""
    assert Secret("canary").reveal() == "canary"
    assert SasUrl(URL).reveal() == URL
    public = {name for name in dir(Secret) if not name.startswith("_")}
    assert public == {"reveal"}


def test_secrets_compare_by_kind_and_value() -> None:
    """They can be kept in sets, and none equals a string."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret(URL) != SasUrl(URL)
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), SasUrl("a")}) == 2
    assert "canary" not in str(hash(Secret("canary")))


def test_a_sas_url_tells_everything_but_its_signature() -> None:
    """In whatever case the field's name is written."""
    assert SasUrl(URL).url == URL.partition("?")[0]
    assert SasUrl(URL).fields == {"sv": "2023-11-03", "si": "amlpriv-1", "sr": "b"}
    assert SasUrl("https://h/x?SIG=canary&se=2026").fields == {"se": "2026"}
    assert SasUrl("https://h/x").fields == {}
    assert str(SasUrl(URL)) == URL.partition("sig=")[0] + "sig=***"
    assert repr(SasUrl(URL)) == f"SasUrl('{SasUrl(URL)}')"


def logged(act: Callable[[logging.Logger], None]) -> str:
    """What a handler with the filter writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("sample")
    logger.addHandler(handler)
    act(logger)
    return stream.getvalue()


def test_the_log_filter_redacts_arguments() -> None:
    """Message and arguments are one text when it looks."""
    assert logged(lambda log: log.warning("got %s and %d", URL, 3)).startswith("got https://contoso")
    assert CANARY not in logged(lambda log: log.warning("got %s", URL))
    assert CANARY not in logged(lambda log: log.warning("got %(url)s", {"url": URL}))
    assert CANARY not in logged(lambda log: log.warning("sig=%s", "canary"))
    assert CANARY not in logged(lambda log: log.warning(ValueError(URL)))
    assert logged(lambda log: log.warning("nothing %s", "secret")) == "nothing secret\n"


def _fail() -> None:
    try:
        raise KeyError(f"no blob at {URL}")
    except KeyError as error:
        raise ValueError("Authorization: Bearer canary") from error


def test_the_log_filter_redacts_tracebacks() -> None:
    """The causes of an exception too, and the stack."""

    def act(logger: logging.Logger) -> None:
        try:
            _fail()
        except ValueError:
            logger.exception("failed at %s", URL, stack_info=True)

    text = logged(act)
    assert CANARY not in text
    assert "Traceback (most recent call last)" in text
    assert "ValueError: Authorization: Bearer ***" in text
    assert "KeyError: 'no blob at https://contoso" in text
    assert "Stack (most recent call last)" in text


def test_every_handler_gets_the_redacted_traceback() -> None:
    """A second handler, which has no filter of its own, cannot make its own text of the exception."""
    streams = (io.StringIO(), io.StringIO())
    logger = logging.Logger("sample")
    for stream in streams:
        logger.addHandler(logging.StreamHandler(stream))
    logger.handlers[0].addFilter(RedactingFilter())
    try:
        raise ValueError(URL)
    except ValueError:
        logger.exception("failed")
    assert [CANARY in stream.getvalue() for stream in streams] == [False, False]
    assert "ValueError: https://contoso" in streams[1].getvalue()


def test_the_log_filter_redacts_the_stack() -> None:
    """It quotes lines of source, and a secret may stand in one."""
    text = logged(lambda log: log.warning("?sig=canary", stack_info=True))
    assert "Stack (most recent call last)" in text
    assert "?sig=***" in text
    assert CANARY not in text


def test_no_handler_gets_the_exception_itself() -> None:
    """Some make their own text of it, local variables included."""
    seen: list[logging.LogRecord] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record)

    logger = logging.Logger("sample")
    logger.addHandler(Keeping())
    logger.handlers[0].addFilter(RedactingFilter())
    try:
        raise ValueError(URL)
    except ValueError:
        logger.exception("failed")
    assert [record.exc_info for record in seen] == [None]


def test_the_log_filter_survives_a_wrong_format() -> None:
    """A mistake in a log call neither stops the program nor prints the arguments as they are."""
    text = logged(lambda log: log.warning("%d wheels at", URL))
    assert "%d wheels at" in text
    assert CANARY not in text
