"""Environments are built here as the image builder does it: real venvs, real pip, signed URLs on a loopback server."""

from __future__ import annotations

import base64
import csv
import functools
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from amlpriv.errors import BuildError, InputError, LockedError, UsageError
from amlpriv.findings import Severity
from amlpriv.images import BuildRequest, BuiltEnvironment, build_environment, run_in
from amlpriv.prefixes import MARKER
from amlpriv.secret import SasUrl
from tests.package_servers import told_index
from tests.wheelhouse import build_wheel

SIGNATURE = "C4naryS1gn%2Fature%3D"
PYTHON = sys.version_info[:2]
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and modes")


@dataclass
class Storage:
    """Blob storage, as far as pip sees it: a signature or 403."""

    folder: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)
    waiting: threading.Event = field(default_factory=threading.Event)

    def sign(self, wheel: Path, signature: str = SIGNATURE) -> SasUrl:
        return SasUrl(f"{self.url}/{wheel.name}?se=2030-01-01&sp=r&sig={signature}")


class Handler(BaseHTTPRequestHandler):
    def __init__(self, storage: Storage, *arguments: object) -> None:
        self.storage = storage
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.storage.asked.append(parts.path)
        if parts.path.startswith("/never"):
            self.storage.waiting.set()
            time.sleep(20)
            return
        file = self.storage.folder / unquote(parts.path[1:])
        if parse_qs(parts.query).get("sig") != [unquote(SIGNATURE)]:
            self.answer(403, b"Server failed to authenticate the request.")
        elif file.is_file():
            self.answer(200, file.read_bytes())
        else:
            self.answer(404, b"BlobNotFound")

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    storage = Storage(tmp_path_factory.mktemp("blobs"))
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, storage)) as server:
        server.daemon_threads = True
        server.block_on_close = False
        storage.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield storage
        server.shutdown()
        thread.join()


def settings(tmp: Path, **more: str) -> dict[str, str]:
    """This machine's environment without its pip settings and without any conda."""
    scrubbed = ("PIP_", "UV_", "CONDA_", "MAMBA_", "PYTHON", "VIRTUAL_ENV")
    (tmp / "tmp").mkdir(exist_ok=True)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(scrubbed)},
        "PATH": os.pathsep.join(["/usr/bin", "/bin"]) if os.name == "posix" else os.environ["PATH"],
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_RETRIES": "0",
        "HOME": str(tmp),
        "TMPDIR": str(tmp / "tmp"),
        "AMLPRIV_PYTHONS": sys.executable,
        **more,
    }


def request(folder: Path, *lines: str, urls: tuple[SasUrl, ...] = (), **more: object) -> BuildRequest:
    pip = "".join(f"    - {line}\n" for line in lines)
    plain = BuildRequest(
        conda_text=f"dependencies:\n  - python=3.11\n  - pip\n  - pip:\n{pip}",
        asked_python=PYTHON,
        folder=folder,
        imports={"contoso-features": ("contoso_features",)},
        strict_python=False,
        secrets=urls,
        conda_packages=(),
        key="digest-1",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def holding_the_signature(*places: Path) -> list[str]:
    """Files that hold the signature, as it stands or decoded."""
    needles = (SIGNATURE.encode(), unquote(SIGNATURE).encode(), base64.b64encode(SIGNATURE.encode())[:20])
    files = [path for place in places for path in place.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path) for path in files if any(needle in path.read_bytes() for needle in needles)]


def shown(lines: list[str], *more: object) -> bool:
    text = "\n".join([*lines, *map(str, more), *map(repr, more)])
    return SIGNATURE in text or unquote(SIGNATURE) in text


def left_in(home: Path) -> list[str]:
    """What stands in the home beside locks and pip's cache."""
    return sorted(path.name for path in home.iterdir() if path.suffix != ".lock")


@dataclass
class Case:
    """One finished environment that several tests look at."""

    tmp: Path
    request: BuildRequest
    built: BuiltEnvironment
    lines: list[str]
    environ: dict[str, str]


@pytest.fixture(scope="module")
def finished(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Case:
    tmp = tmp_path_factory.mktemp("finished")
    wheel = build_wheel(storage.folder, modules={"contoso_features/__init__.py": "print('hello from features')\n"})
    url = storage.sign(wheel)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    wanted = request(
        tmp / "my home" / "env 1",
        f"contoso-features @ {url.reveal()}#sha256={digest}",
        urls=(url,),
        asked_python=(3, 99),
        conda_packages=("lightgbm", "r-base"),
    )
    stale = tmp / "my home" / ".env 1.work-old"
    stale.mkdir(parents=True)
    (stale / "condaenv.yml").write_text(url.reveal())  # of a run that was killed
    lines: list[str] = []
    environ = settings(tmp, PYTHONPATH=str(tmp))
    return Case(tmp, wanted, build_environment(wanted, environ=environ, on_line=lines.append), lines, environ)


def test_the_package_is_installed_by_pip_and_imported(finished: Case) -> None:
    built = finished.built
    assert (built.tool, built.reused, built.used) == ("venv", False, PYTHON)
    assert built.imported == {"contoso-features": "1.2.0"}
    assert built.python.is_file()
    assert built.seconds > 0
    assert "hello from features" in finished.lines
    assert any(line.startswith("Successfully installed contoso-features-1.2.0") for line in finished.lines)


def test_no_signature_is_left_or_shown(finished: Case) -> None:
    assert holding_the_signature(finished.tmp) == []
    assert not shown(finished.lines, finished.built, finished.request)
    assert any("sig=***" in line for line in finished.lines)  # pip said the URL, and it came out redacted
    assert left_in(finished.tmp / "my home") == ["env 1"]
    assert list((finished.tmp / "tmp").iterdir()) == []


def test_direct_url_keeps_the_hash_and_record_stays_true(finished: Case) -> None:
    (path,) = finished.built.folder.rglob("contoso_features-*.dist-info/direct_url.json")
    content = json.loads(path.read_text())
    assert content["url"].endswith("/contoso_features-1.2.0-py3-none-any.whl")
    assert len(content["archive_info"]["hashes"]["sha256"]) == 64
    with path.with_name("RECORD").open(newline="") as stream:
        rows = [row for row in csv.reader(stream) if row[0].endswith("direct_url.json")]
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
    assert [row[1:] for row in rows] == [[f"sha256={digest}", str(path.stat().st_size)]]


def test_another_python_and_missing_conda_packages_are_findings(finished: Case) -> None:
    ours = f"{PYTHON[0]}.{PYTHON[1]}"
    first, second = finished.built.notes
    assert (first.code, first.severity) == ("AP402", Severity.WARNING)
    assert first.message == f"Python 3.99 was asked for, and {ours} is the nearest here."
    assert (second.code, second.severity) == ("AP403", Severity.WARNING)
    assert second.message.endswith("missing here: lightgbm, r-base.")


@posix
def test_the_home_and_the_marker_are_private(finished: Case) -> None:
    assert stat.S_IMODE((finished.tmp / "my home").stat().st_mode) == 0o700
    assert stat.S_IMODE((finished.built.folder / MARKER).stat().st_mode) == 0o600


def test_the_same_key_uses_the_environment_again(finished: Case, storage: Storage) -> None:
    asked = len(storage.asked)
    again = build_environment(finished.request, environ=finished.environ)
    assert again == replace(finished.built, reused=True, seconds=again.seconds)
    assert len(storage.asked) == asked


def test_a_command_runs_inside_without_the_callers_python_settings(
    finished: Case, capfd: pytest.CaptureFixture[str]
) -> None:
    code = """
        import contoso_features, os, sys
        print(sys.prefix == os.environ["VIRTUAL_ENV"], os.getcwd(), "PYTHONPATH" in os.environ)
        sys.exit(5)
    """
    (finished.tmp / "job.py").write_text(textwrap.dedent(code))
    assert run_in(finished.built, ["python", "job.py"], environ=finished.environ, cwd=finished.tmp) == 5
    assert capfd.readouterr().out.splitlines() == ["hello from features", f"True {finished.tmp} False"]


def test_a_missing_command_is_named(finished: Case) -> None:
    with pytest.raises(BuildError, match="no-such-command was not found"):
        run_in(finished.built, ["no-such-command"], environ=finished.environ, cwd=finished.tmp)


def test_strict_python_refuses_before_anything_is_made(tmp_path: Path) -> None:
    wanted = request(tmp_path / "home" / "env", "contoso-features", asked_python=(3, 99), strict_python=True)
    with pytest.raises(BuildError, match=r"Python 3\.99 was asked for"):
        build_environment(wanted, environ=settings(tmp_path))
    assert left_in(tmp_path / "home") == []


def failing(tmp_path: Path, wanted: BuildRequest, **more: str) -> tuple[BuildError, list[str]]:
    """Build, and see that it fails, tells nothing and leaves nothing."""
    lines: list[str] = []
    with pytest.raises(BuildError) as caught:
        build_environment(wanted, environ=settings(tmp_path, **more), on_line=lines.append)
    assert not shown(lines, caught.value)
    assert left_in(wanted.folder.parent) == []
    assert holding_the_signature(tmp_path) == []
    assert list((tmp_path / "tmp").iterdir()) == []
    return caught.value, lines


def test_an_expired_signature_is_explained(storage: Storage, tmp_path: Path) -> None:
    url = storage.sign(build_wheel(storage.folder, version="1.3"), SIGNATURE + "x")
    wanted = request(tmp_path / "home" / "env", f"contoso-features @ {url.reveal()}", urls=(url,))
    error, _ = failing(tmp_path, wanted)
    assert "refused a wheel (403): its SAS has expired, was revoked" in error.message
    assert "amlpriv renew" in str(error.hint)


def test_a_changed_blob_is_explained(storage: Storage, tmp_path: Path) -> None:
    url = storage.sign(build_wheel(storage.folder, version="1.4"))
    wanted = request(tmp_path / "home" / "env", f"contoso-features @ {url.reveal()}#sha256={'0' * 64}", urls=(url,))
    error, _ = failing(tmp_path, wanted)
    assert "its hash is another" in error.message


def test_a_package_that_does_not_import_is_named_with_its_last_words(storage: Storage, tmp_path: Path) -> None:
    """The other package is fine; both names are looked at."""
    broken = "import os\nprint(os.environ.get('SECRET_URL'))\nimport not_declared_anywhere\n"
    folder = storage.folder
    one = storage.sign(build_wheel(folder, version="1.5", modules={"contoso_features/__init__.py": broken}))
    two = storage.sign(build_wheel(folder, name="contoso-nlp"))
    wanted = request(
        tmp_path / "home" / "env",
        one.reveal(),
        two.reveal(),
        urls=(one,),
        imports={"contoso-features": ("contoso_features",), "contoso-nlp": ("contoso_nlp",), "contoso-none": ()},
    )
    error, lines = failing(tmp_path, wanted, SECRET_URL=one.reveal())
    assert "contoso-features: ModuleNotFoundError: No module named 'not_declared_anywhere'" in error.message
    assert "contoso-none: it is not installed" in error.message
    assert "contoso-nlp" not in error.message
    assert "import not_declared_anywhere" in str(error.hint)
    assert any("sig=***" in line for line in lines)


BUILD = """
import os, sys
from pathlib import Path
from amlpriv.images import BuildRequest, build_environment
from amlpriv.secret import SasUrl
url = SasUrl(sys.stdin.readline().strip())
build_environment(
    BuildRequest("dependencies: [{pip: ['contoso-features @ " + url.reveal() + "']}]", None, Path(sys.argv[1]), {},
                 False, (url,), (), "key"),
    environ=dict(os.environ), on_line=print)
"""


@posix
def test_ctrl_c_leaves_and_shows_nothing(storage: Storage, tmp_path: Path) -> None:
    url = f"{storage.url}/never/contoso_features-1.0-py3-none-any.whl?sig={SIGNATURE}"
    storage.waiting.clear()
    environ = settings(tmp_path, PYTHONPATH=os.pathsep.join(sys.path))
    command = [sys.executable, "-c", BUILD, str(tmp_path / "home" / "env")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environ, text=True, **pipes) as process:  # type: ignore[call-overload]
        process.stdin.write(url + "\n")
        process.stdin.flush()
        assert storage.waiting.wait(30)
        assert holding_the_signature(tmp_path) != []  # pip reads it from a file, which has to go
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in errors
    assert not shown([output, errors])
    assert holding_the_signature(tmp_path) == []
    assert left_in(tmp_path / "home") == []
    assert list((tmp_path / "tmp").iterdir()) == []


# What amlpriv sees of micromamba: its arguments, and an environment with the pip section in it.
MICROMAMBA = """
import json, os, pathlib, subprocess, sys
file, prefix = pathlib.Path(sys.argv[sys.argv.index("-f") + 1]), pathlib.Path(sys.argv[sys.argv.index("-p") + 1])
told = {"arguments": sys.argv[1:], "mode": file.stat().st_mode & 0o777, "folder": file.parent.stat().st_mode & 0o777}
pathlib.Path(os.environ["TOLD"]).write_text(json.dumps(told))
(prefix / "conda-meta").mkdir(parents=True)
if "unknown-package" in file.read_text():
    sys.exit("error    libmamba Could not solve for environment specs\\n" + file.read_text())
subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
(site,) = prefix.rglob("site-packages")
info = site / "contoso_features-2.0.dist-info"
info.mkdir()
(info / "METADATA").write_text("Metadata-Version: 2.1\\nName: contoso-features\\nVersion: 2.0\\n")
(info / "direct_url.json").write_text(json.dumps({"url": file.read_text().split("- ")[-1].strip(), "archive_info": {}}))
(site / "contoso_features.py").touch()
"""


def with_conda(tmp_path: Path, name: str) -> dict[str, str]:
    (tmp_path / "tool.py").write_text(MICROMAMBA)
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin" / name
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path}/tool.py" "$@"\n')
    tool.chmod(0o755)
    path = os.pathsep.join([str(tmp_path / "bin"), "/usr/bin", "/bin"])
    return settings(tmp_path, PATH=path, TOLD=str(tmp_path / "told.json"))


@posix
@pytest.mark.parametrize(("name", "verb"), [("micromamba", ["create", "-y"]), ("conda", ["env", "create"])])
def test_conda_gets_the_file_privately_and_it_is_gone_afterwards(
    storage: Storage, tmp_path: Path, name: str, verb: list[str]
) -> None:
    url = storage.sign(Path("contoso_features-2.0-py3-none-any.whl"))
    wanted = request(tmp_path / "home" / "env", url.reveal(), urls=(url,), conda_packages=("lightgbm",))
    built = build_environment(wanted, environ=with_conda(tmp_path, name))
    told = json.loads((tmp_path / "told.json").read_text())
    file = Path(told["arguments"][-1])
    assert told["arguments"] == [*verb, "-p", str(wanted.folder), "-f", str(file)]
    assert (told["mode"], told["folder"]) == (0o600, 0o700)
    assert (built.tool, built.imported, built.notes) == (name, {"contoso-features": "2.0"}, ())
    assert not file.exists()
    assert holding_the_signature(tmp_path) == []
    assert left_in(tmp_path / "home") == ["env"]


@posix
def test_conda_that_cannot_solve_is_explained_without_the_file(storage: Storage, tmp_path: Path) -> None:
    url = storage.sign(Path("contoso_features-2.0-py3-none-any.whl"))
    wanted = request(tmp_path / "home" / "env", "unknown-package", url.reveal(), urls=(url,))
    with pytest.raises(BuildError, match="conda cannot satisfy the conda section") as caught:
        build_environment(wanted, environ=with_conda(tmp_path, "micromamba"))
    assert not shown([], caught.value)
    assert holding_the_signature(tmp_path) == []
    assert left_in(tmp_path / "home") == []


@posix
def test_a_python_without_ensurepip_gets_its_environment_from_uv(tmp_path: Path) -> None:
    """As Debian packages Python: ``-m venv`` fails half way. Here uv may not ask an index for pip, and says so."""
    python = tmp_path / "python3"
    answer = f'AMLPRIV["{python}", [3, {PYTHON[1]}, 0], "cpython", "x86_64"]'
    python.write_text(
        f'#!/bin/sh\n[ "$2" = -S ] && [ "$3" = -c ] && {{ echo \'{answer}\'; exit; }}\n'
        f'[ "$3" = venv ] && {{ mkdir -p "$4"; touch "$4/pyvenv.cfg"; echo no ensurepip; exit 1; }}\n'
        f'exec "{sys.executable}" "$@"\n'
    )
    python.chmod(0o755)
    wanted = request(tmp_path / "home" / "env", "contoso-features")
    more = {"UV_NO_INDEX": "1", "UV_NO_CONFIG": "1", "UV_OFFLINE": "1", "AMLPRIV_PYTHONS": str(python)}
    error, lines = failing(tmp_path, wanted, **more)
    assert f"A venv with {python} could not be made" in error.message
    assert lines[0] == "no ensurepip"
    assert "seed packages" in "\n".join(lines)


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "home" / "env" / "thesis.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("chapter 1")
    with pytest.raises(UsageError, match="is in the way"):
        build_environment(request(precious.parent, "contoso-features"), environ=settings(tmp_path))
    assert precious.read_text() == "chapter 1"


def test_a_section_that_is_not_yaml_is_refused_without_showing_it(tmp_path: Path) -> None:
    wanted = request(tmp_path / "home" / "env", conda_text=f"dependencies: [\n 'https://a.example?sig={SIGNATURE}\n")
    with pytest.raises(InputError, match="not YAML") as caught:
        build_environment(wanted, environ=settings(tmp_path))
    assert not shown([], caught.value)
    assert left_in(tmp_path / "home") == []


def marked(folder: Path, **about: object) -> Path:
    """Something that looks like a finished venv."""
    folder.mkdir(parents=True)
    (folder / "pyvenv.cfg").touch()
    marker = {"key": "digest-1", "python": sys.executable, "tool": "venv", "used": PYTHON, "imported": {}, **about}
    (folder / MARKER).write_text(json.dumps(marker), encoding="utf-8")
    return folder


def test_a_nearer_python_than_the_one_used_is_taken_the_next_time(tmp_path: Path) -> None:
    far, same = marked(tmp_path / "far", used=(3, 2)), marked(tmp_path / "same")
    build = functools.partial(build_environment, environ=settings(tmp_path))
    assert build(request(same, imports={}, asked_python=(3, 99))).reused
    wanted = request(far, imports={}, conda_text="dependencies: []")
    again = build(wanted)
    assert (again.reused, again.used) == (False, PYTHON)
    assert build(wanted).reused


@posix
def test_a_conda_tool_is_used_once_it_is_there_for_what_a_venv_lacks(storage: Storage, tmp_path: Path) -> None:
    url = storage.sign(Path("contoso_features-2.0-py3-none-any.whl"))
    environ = with_conda(tmp_path, "micromamba")
    folder = marked(tmp_path / "home" / "env", imported={"contoso-features": "2.0"})
    wanted = request(folder, url.reveal(), urls=(url,))
    assert build_environment(wanted, environ=environ).tool == "venv"
    lacking = replace(wanted, conda_packages=("lightgbm",))
    assert build_environment(lacking, environ=settings(tmp_path)).reused, "no conda tool, nothing better"
    assert build_environment(lacking, environ=environ).tool == "micromamba"
    assert build_environment(lacking, environ=environ).reused


def test_a_pip_conf_that_diverts_and_reports_does_neither(storage: Storage, tmp_path: Path) -> None:
    url = storage.sign(build_wheel(storage.folder))
    elsewhere = tmp_path / "elsewhere"
    conf = tmp_path / "pip.conf"
    options = f"report = {elsewhere}.json\ndry-run = true\nuser = true\nno-deps = true\nrequire-virtualenv = true\n"
    conf.write_text(f"[global]\nlog-file = {elsewhere}.log\ncache-dir = {elsewhere}\n[install]\n{options}")
    environ = settings(tmp_path, PIP_CONFIG_FILE=str(conf))
    wanted = request(tmp_path / "home" / "env", f"contoso-features @ {url.reveal()}", urls=(url,))
    assert build_environment(wanted, environ=environ).imported == {"contoso-features": "1.2.0"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "pip.conf", "tmp"]
    assert holding_the_signature(tmp_path) == []

    conf.write_text(f"[install]\ntarget = {elsewhere}\n")
    with pytest.raises(BuildError, match="'target' is set in"):
        build_environment(replace(wanted, key="digest-2"), environ=environ)
    assert (wanted.folder / MARKER).exists(), "the refusal took the old one away"


def test_variables_are_set_for_the_import_and_for_a_job(storage: Storage, tmp_path: Path) -> None:
    """And a pip that the index does not have is a finding, also the next time."""
    code = "import os\nassert os.environ['SALES'] == 'EMEA'\n"
    wheel = build_wheel(storage.folder, version="7.0", modules={"contoso_features/__init__.py": code})
    url = storage.sign(wheel)
    line = f"contoso-features @ {url.reveal()}"
    wanted = request(tmp_path / "home" / "env", line, urls=(url,), variables={"SALES": "EMEA"}, pip="==1.5.*")
    environ = settings(tmp_path)
    for reused in (False, True):
        built = build_environment(wanted, environ=environ)
        assert built.reused == reused
        (finding,) = built.notes
        assert (finding.code, finding.severity) == ("AP404", Severity.WARNING)
        assert "pip==1.5.* was asked for" in finding.message
        command = ["python", "-c", "import os, sys; sys.exit(os.environ['SALES'] != 'EMEA')"]
        assert run_in(built, command, environ=environ, cwd=tmp_path) == 0
    assert "EMEA" not in repr(built)


def test_two_builders_of_one_environment_wait_for_each_other(finished: Case) -> None:
    from filelock import FileLock

    with FileLock(f"{finished.built.folder}.lock"), pytest.raises(LockedError, match="Another process"):
        build_environment(finished.request, environ=finished.environ, lock_timeout=0.1)


def test_find_links_of_the_user_do_not_win_over_an_index_that_is_named(tmp_path: Path) -> None:
    module = {"contoso_features/__init__.py": ""}
    build_wheel(tmp_path / "links of mine", version="9.0", modules=module)
    wheel = build_wheel(tmp_path / "wheels", modules=module)
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nfind-links = {(tmp_path / 'links of mine').as_uri()}\n", encoding="utf-8")
    environ = settings(tmp_path, PIP_CONFIG_FILE=str(config))
    del environ["PIP_NO_INDEX"]
    lines: list[str] = []
    with told_index() as told:
        told.files[wheel.name] = wheel.read_bytes()
        wanted = request(tmp_path / "home" / "env", f"--index-url {told.simple}", "contoso-features")
        built = build_environment(wanted, environ=environ, on_line=lines.append)
    assert built.imported == {"contoso-features": "1.2.0"}
    assert any(line.startswith(f"note: find-links of {config} is not used") for line in lines)
