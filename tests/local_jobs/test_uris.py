"""Addresses: what they name, and bringing the files."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from amlpriv.errors import AmlprivError, InputError, NetworkError, NotFoundError, UnsupportedError
from amlpriv.local.jobs.uris import Place, fetch, locate, resolve, version_of
from tests.local_jobs.fakes import FolderBlobs, Site

STORES = {"workspaceblobstore": "data", "workspaceartifactstore": "azureml"}
WORKSPACE = "subscriptions/s/resourcegroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
LONG = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores"


@pytest.mark.parametrize(
    ("uri", "container", "path"),
    [
        ("azureml://datastores/workspaceblobstore/paths/a/b.csv", "data", "a/b.csv"),
        ("azureml://datastores/workspaceblobstore/paths/a/", "data", "a"),
        ("azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.x", "azureml", "ExperimentRun/dcid.x"),
        (f"{LONG}/WorkspaceBlobStore/paths/a/b", "data", "a/b"),
        ("https://acct.blob.core.windows.net/data/a%20b/c", "data", "a b/c"),
        ("https://acct.blob.core.windows.net/data/a?sv=1&sig=x", "data", "a"),
        ("https://acct.blob.core.windows.net/data", "data", ""),
        ("wasbs://other@acct.blob.core.windows.net/a/b", "other", "a/b"),
        ("azureml://jobs/j1/outputs/model/paths/x", "data", "azureml/j1/model/x"),
        ("azureml://jobs/j1/outputs/artifacts/paths/outputs/m", "azureml", "ExperimentRun/dcid.j1/outputs/m"),
        (f"azureml://{WORKSPACE}/jobs/j1/outputs/model", "data", "azureml/j1/model"),
    ],
)
def test_the_workspaces_own_blobs_are_found(uri: str, container: str, path: str) -> None:
    assert locate("acct", STORES, uri) == Place(container, path)


@pytest.mark.parametrize(
    "uri",
    [
        "https://other.blob.core.windows.net/data/a",
        "https://public.example/a.csv",
        "wasbs://data@other.blob.core.windows.net/a",
        "abfss://fs@acct.dfs.core.windows.net/a",
        "file:///tmp/a",
        "data/a",
    ],
)
def test_what_is_elsewhere_is_no_place(uri: str) -> None:
    assert locate("acct", STORES, uri) is None


def test_an_unknown_datastore_is_named_with_those_that_exist() -> None:
    with pytest.raises(NotFoundError, match="name: lake") as caught:
        locate("acct", STORES, "azureml://datastores/lake/paths/a")
    assert caught.value.hint == "The local workspace has workspaceartifactstore, workspaceblobstore."


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    made = FolderBlobs(tmp_path / "storage")
    for name in ("sets/a.csv", "sets/deep/b.csv", "sets2/c.csv", "one/one"):
        made.write("data", name, name.encode())
    return made


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("path", "found", "inside"),
    [
        ("sets", "", ["a.csv", "deep/b.csv"]),
        ("sets/deep/b.csv", "b.csv", ["b.csv"]),
        ("one", "", ["one"]),
        ("one/one", "one", ["one"]),
    ],
)
def test_a_folder_is_a_folder_and_a_file_is_a_file(
    blobs: FolderBlobs, tmp_path: Path, path: str, found: str, inside: list[str]
) -> None:
    folder = tmp_path / "to"
    uri = f"azureml://datastores/workspaceblobstore/paths/{path}"
    assert fetch(blobs, "acct", STORES, uri, folder) == folder / found
    assert names(folder) == inside


@pytest.mark.parametrize(
    ("uri", "kind", "message"),
    [
        ("azureml://datastores/workspaceblobstore/paths/none", NotFoundError, "no files"),
        ("abfss://fs@acct.dfs.core.windows.net/a", UnsupportedError, "cannot read abfss"),
        ("azureml://registries/r/data/d/versions/1", UnsupportedError, "cannot read azureml://registries"),
        ("file:///etc/passwd", UnsupportedError, "cannot read file:"),
        ("http://127.0.0.1:9/a?sig=SECRET", NetworkError, r"sig=\*\*\* does not answer"),
    ],
)
def test_what_cannot_be_brought_is_named(
    blobs: FolderBlobs, tmp_path: Path, uri: str, kind: type[AmlprivError], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        fetch(blobs, "acct", STORES, uri, tmp_path / "to")
    assert "SECRET" not in str(caught.value)


@pytest.fixture
def public(tmp_path: Path) -> Iterator[str]:
    """A web server with one file."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "iris.csv").write_text("5.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "web"))) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_public_file_is_downloaded(blobs: FolderBlobs, tmp_path: Path, public: str) -> None:
    file = fetch(blobs, "acct", STORES, f"{public}/iris.csv?download=1", tmp_path / "to")
    assert (file.name, file.read_text()) == ("iris.csv", "5.1")
    with pytest.raises(NotFoundError, match="answers 404"):
        fetch(blobs, "acct", STORES, f"{public}/none.csv", tmp_path / "to")


def test_ids_of_assets_lead_to_their_files(site: Site) -> None:
    data = site.register("data", "set", {"dataUri": "uri-1"})
    site.register("data", "set", {"dataUri": "uri-2"}, "2")
    model = site.register("models", "net", {"modelUri": "uri-m"})
    assert resolve(site.context, data) == "uri-1"
    assert resolve(site.context, f"azureml:{data}") == "uri-1"
    assert resolve(site.context, "azureml:set:2") == resolve(site.context, "azureml:set@latest") == "uri-2"
    assert resolve(site.context, model) == "uri-m"
    kept = "azureml://locations/l/workspaces/guid/data/set/versions/1"
    assert resolve(site.context, kept) == "uri-1"
    output = "azureml://locations/l/workspaces/guid/data/azureml_j1_output_data_model/versions/1"
    assert resolve(site.context, output) == "azureml://jobs/j1/outputs/model"
    assert resolve(site.context, "https://public.example/a") == "https://public.example/a"


def test_an_output_with_a_path_of_its_own_is_found_there(site: Site) -> None:
    own = "azureml://datastores/workspaceblobstore/paths/results/"
    with site.context.store.lock:
        properties = {"jobType": "Command", "experimentName": "e", "outputs": {"m": {"uri": own}}}
        site.context.store.assets("jobs").put_container("j1", properties)
    model = site.register("models", "net", {"modelUri": "azureml://jobs/j1/outputs/m/paths/net"})
    assert resolve(site.context, "azureml://jobs/j1/outputs/m/paths/a/b") == f"{own}a/b"
    assert resolve(site.context, "azureml://jobs/j1/outputs/m") == own
    assert resolve(site.context, model) == f"{own}net"
    artifacts = "azureml://jobs/j1/outputs/artifacts/paths/outputs/x"
    assert resolve(site.context, artifacts) == artifacts


def test_ids_that_lead_nowhere_are_named(site: Site) -> None:
    environment = site.register("environments", "env", {"image": "x"})
    with pytest.raises(InputError, match="has no files"):
        resolve(site.context, environment)
    with pytest.raises(NotFoundError, match="no version 9 of set among the data"):
        resolve(site.context, "azureml:set:9")
    with pytest.raises(UnsupportedError, match="registries"):
        version_of(site.context, "azureml://registries/azureml/environments/e/versions/1", "environments")
    with pytest.raises(UnsupportedError, match="cannot read nonsense"):
        version_of(site.context, "nonsense", "environments")
