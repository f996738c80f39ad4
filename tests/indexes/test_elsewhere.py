"""Whether a feed passes on public packages, and whether a private name is public too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amlpriv.connections.pages import File, Page, write_html
from amlpriv.default_index import DefaultIndex, built_in_index, default_index
from amlpriv.indexes.client import IndexClient, Limits, Login
from amlpriv.indexes.elsewhere import also_public, has_upstream
from amlpriv.indexes.judging import Outcome
from tests.indexes.servers import Answer, Network, Reply, Request, Site

Serve = Callable[[Answer], Site]


def holding(*names: str) -> Answer:
    def answer(request: Request) -> Reply:
        name = request.path.strip("/").rpartition("/")[2]
        file = File(f"{name}-1.0-py3-none-any.whl", f"/{name}-1.0-py3-none-any.whl")
        return Reply(body=write_html(Page(name, (file,)))) if name in names else Reply(404)

    return answer


def index(url: str) -> DefaultIndex:
    return DefaultIndex(url, None, "PIP_INDEX_URL")


def test_a_private_name_that_is_public_too_is_found(serve: Serve, scrubbed: dict[str, str]) -> None:
    site = serve(holding("contoso-features"))
    with IndexClient(scrubbed) as client:
        found = also_public(client, index(f"{site.url}/simple"), "Contoso_Features")
        free = also_public(client, index(f"{site.url}/simple"), "contoso-models")
    assert (found.present, found.name) == (True, "contoso-features")
    assert "only --index-url" in found.fix
    assert (free.present, free.outcome) == (False, Outcome.NOT_FOUND)
    assert found.as_json()["present"] is True


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(401), Outcome.NO_CREDENTIAL),
        (Reply(body="<title>Log in</title>"), Outcome.NOT_A_PAGE),
        (Reply(body="x", cut_at=0), Outcome.NETWORK),
    ],
)
def test_an_index_that_does_not_say_leaves_it_open(
    serve: Serve, scrubbed: dict[str, str], reply: Reply, outcome: Outcome
) -> None:
    site = serve(lambda _: reply)
    with IndexClient(scrubbed, limits=Limits(waits=())) as client:
        for found in (also_public(client, index(site.url), "a"), has_upstream(client, Login(site.url), "a")):
            assert (found.present, found.outcome) == (None, outcome)


def test_an_index_on_a_disk_is_not_asked(scrubbed: dict[str, str]) -> None:
    with IndexClient(scrubbed) as client:
        assert also_public(client, index("file:///srv/simple"), "a").present is None


def test_a_feed_without_upstream_is_named(serve: Serve, scrubbed: dict[str, str]) -> None:
    bare, full = serve(holding("contoso-features")), serve(holding("contoso-features", "numpy"))
    with IndexClient(scrubbed) as client:
        without = has_upstream(client, Login(bare.url), "numpy")
        good = has_upstream(client, Login(full.url), "numpy")
    assert (without.present, good.present) == (False, True)
    assert "amlpriv feed mirror" in without.fix


def test_a_feed_that_sends_to_another_host_is_told(network: Network, scrubbed: dict[str, str]) -> None:
    location = {"Location": "https://public.example.org/numpy/"}
    network.serve("feed.example.org", lambda _: Reply(302, headers=location))
    network.serve("public.example.org", holding("numpy"))
    with IndexClient(network.environ(scrubbed)) as client:
        found = has_upstream(client, Login("https://feed.example.org/simple"), "numpy")
    assert found.present
    assert "public.example.org" in found.words


def test_the_tools_own_index_is_known_whatever_is_set(scrubbed: dict[str, str]) -> None:
    plain = default_index(scrubbed)
    found = built_in_index({**scrubbed, "PIP_INDEX_URL": "https://feed.example.org/simple", "UV_DEFAULT_INDEX": "x"})
    assert found.is_built_in
    assert found.url == plain.url
