"""The proof: what the image builder's pip will do with the same credential, done here and told in full.

pip reads the page of a package and then downloads a file; servers authorise the two separately, and pip reports most of
what goes wrong as "no matching distribution". Each step here has an outcome of its own, and the next step in words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from packaging.requirements import Requirement

from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.feeds import FeedUrl, parse_feed_url
from amlpriv.connections.pages import File, NotAPageError, Page, normalized, read_names, read_page
from amlpriv.findings import Severity
from amlpriv.indexes.answers import Answer, Hop, Login, host_of
from amlpriv.indexes.choosing import Choice, choose_file, read_requirement
from amlpriv.indexes.client import IndexClient, project_url
from amlpriv.indexes.concluding import by_way_of, gone, missing_fix, no_page, nothing_there, outcome_of
from amlpriv.indexes.downloads import answer_of, hasher
from amlpriv.indexes.hosts import HostState, collect_hosts
from amlpriv.indexes.judging import Judgement, Outcome
from amlpriv.indexes.proof_values import Proof, Step
from amlpriv.indexes.refusals import judge_answer
from amlpriv.indexes.transport import Opened, lost
from amlpriv.indexes.troubles import UnreachableError
from amlpriv.secret import without_query
from amlpriv.target import Target

__all__ = ["SIZE_LIMIT", "Proof", "Step", "prove"]

SIZE_LIMIT = 25 * 1024 * 1024
"""Bytes: a larger file is only begun, which proves that it may be read; its hash is not checked then."""

_BEGUN = 64 * 1024
_SAMPLE = 1024 * 1024
"""Bytes: the limit for a file that no installer would take, and that only shows whether downloads work."""
_TRIED = 3
"""Packages of the root page that are tried where no package is given."""


def prove(
    login: Login,
    package: str | None = None,
    *,
    client: IndexClient,
    target: Target | None = None,
    version: str | None = None,
    allowed_hosts: Callable[[str], bool] | None = None,
    size_limit: int = SIZE_LIMIT,
) -> Proof:
    """Read the package's page and download one file, or without a package the root page and a file of what it lists.

    ``package`` may hold a version (``"contoso-features==1.2"``), or ``version`` gives one or a range. Without a
    ``target`` every platform is right. ``allowed_hosts`` says which hosts a locked-down network lets through (a name
    without port); what is needed and not allowed fails. Nothing is raised for what an index does: it stands in the
    proof. Raises UsageError for a package or an address that is none.
    """
    requirement = read_requirement(package, version) if package else None
    attempt = _Attempt(login, client, parse_feed_url(login.url), size_limit)
    attempt.look_at_address()
    if requirement is not None:
        page = attempt.read_page(requirement.name)
        if page is not None:
            attempt.choose(page, requirement, target)
    else:
        attempt.look_around(target)
    if attempt.sample is not None:
        attempt.download(attempt.sample)
    return attempt.proof(requirement, allowed_hosts)


@dataclass(slots=True)
class _Attempt:
    login: Login
    client: IndexClient
    feed: FeedUrl
    size_limit: int
    steps: list[Step] = field(default_factory=list)
    hosts: list[tuple[str, str, HostState]] = field(default_factory=list)
    page: Page | None = None
    sample: File | None = None
    version: str | None = None
    bytes_read: int = 0
    hash_checked: bool = False

    def look_at_address(self) -> None:
        """What is known to be wrong with the address before anything is asked."""
        self.hosts.append((host_of(self.login.url), "the index", "listed"))
        for complaint in self.feed.complaints:
            if complaint.code in ("legacy-host", "web-page", "wrong-host", "package-page", "upload-address", "http"):
                note = complaint.severity is not Severity.ERROR
                self._add("address", self.login.url, None, Outcome.ADDRESS, complaint.message, complaint.fix, note=note)

    def read_page(self, name: str) -> Page | None:
        """The package's page; None, with the step that says why, when there is none."""
        url = project_url(self.login, name)
        answer = self._ask("page", url)
        if answer is None:
            return None
        judgement = judge_answer(answer, self.login)
        if judgement.outcome is Outcome.NOT_FOUND:
            judgement = self._which_is_missing(judgement, normalized(name))
        if judgement.outcome is Outcome.OK:
            try:
                self.page = read_page(answer.text, url=answer.url, content_type=answer.content_type)
            except NotAPageError as error:
                judgement = no_page(error)
        if self.page is not None:
            files = len(self.page.files)
            words = f"{files} {'file' if files == 1 else 'files'} of {self.page.name}{by_way_of(answer.hops)}."
            judgement = Judgement(Outcome.OK, words)
            self.hosts += [(host_of(file.url), "files", "listed") for file in self.page.files]
        self._judged("page", url, answer.status, judgement)
        if self.page is not None:
            self._look_without_credential(url)
            self._look_for_forwarding(answer, name)
        return self.page

    def _look_for_forwarding(self, answer: Answer, name: str) -> None:
        """GitLab sends on what it does not have to the public index (GitLab, "PyPI package registry", forwarding)."""
        host = host_of(answer.url)
        if self.feed.kind is FeedKind.GITLAB and host != host_of(self.login.url):
            words = f"{name} is not in this registry: GitLab sends on to {host}, where anybody could publish the name."
            fix = "If it is your own package, publish it here; forwarding is a setting of the group."
            self._add("page", answer.url, answer.status, Outcome.FORWARDED, words, fix, note=True)

    def _look_without_credential(self, url: str) -> None:
        """An index that anybody may read takes any password: devpi by default, public feeds of Azure Artifacts."""
        if self.login.credentials is None or any(step.name == "open" for step in self.steps):
            return
        nobody = Login(self.login.url)
        try:
            answer = self.client.get(nobody, url)
        except UnreachableError:
            return
        if judge_answer(answer, nobody).outcome is Outcome.OK:
            words = "Anybody may read this index, so this does not prove that the credential is right."
            self._add(
                "open", url, answer.status, Outcome.OPEN, words, "If it is to be private, restrict it.", note=True
            )

    def _which_is_missing(self, judgement: Judgement, name: str) -> Judgement:
        """Of the feed and the package: the root page says whether the feed is there."""
        try:
            root = self.client.get(self.login, self.login.root)
        except UnreachableError:
            return judgement
        outcome = judge_answer(root, self.login).outcome
        if outcome is Outcome.OK:
            words = f"The feed is there, and has no package {name}."
            return Judgement(Outcome.PACKAGE_MISSING, words, missing_fix(judgement.fix))
        if outcome in (Outcome.NOT_FOUND, Outcome.FEED_MISSING):
            return nothing_there(name, self.feed.kind, said=outcome is Outcome.FEED_MISSING)
        return judgement

    def choose(self, page: Page, requirement: Requirement, target: Target | None) -> None:
        """What an installer takes of the page."""
        choice: Choice = choose_file(page, requirement, target)
        self.sample, self.version = choice.sample, choice.version
        if choice.file is None:
            self.size_limit = min(self.size_limit, _SAMPLE)
        self._judged("choice", "", None, choice.judgement)

    def look_around(self, target: Target | None) -> None:
        """Without a package: what the root page lists, until there is a file to try."""
        answer = self._ask("root", self.login.root)
        if answer is None:
            return
        judgement = judge_answer(answer, self.login)
        names: tuple[str, ...] = ()
        if judgement.outcome is Outcome.OK:
            try:
                names = read_names(answer.text, url=answer.url, content_type=answer.content_type)
                judgement = Judgement(Outcome.OK, f"The index lists {len(names)} packages{by_way_of(answer.hops)}.")
            except NotAPageError as error:
                judgement = no_page(error)
        elif judgement.outcome is Outcome.NOT_FOUND:
            fix = "Name a package of the index: not every server lists what it has."
            judgement = Judgement(Outcome.NOT_FOUND, judgement.words, fix)
        self._judged("root", self.login.root, answer.status, judgement)
        for name in names[:_TRIED]:
            page = self.read_page(name)
            if page is None:
                return
            if page.files:
                self.sample = choose_file(page, read_requirement(name), target).sample
                return
        if judgement.outcome is Outcome.OK:
            words = "No file was found to try a download with."
            self._add("choice", "", None, Outcome.VERSION_MISSING, words, "Name a package of the index.", note=True)

    def download(self, file: File) -> None:
        """Read the file, or the beginning of a large one."""
        url = without_query(file.url)
        try:
            with self.client.open(self.login, file) as opened:
                self._reached(opened.hops)
                answer = answer_of(opened)
                judgement = judge_answer(answer, self.login)
                if judgement.outcome in (Outcome.NOT_FOUND, Outcome.PACKAGE_MISSING):
                    judgement = gone(file, judgement)
                elif judgement.outcome is Outcome.OK:
                    judgement = self._read(file, opened, answer)
                self._judged("file", url, answer.status, judgement)
        except UnreachableError as error:
            self._unreachable("file", url, error)

    def _read(self, file: File, opened: Opened, answer: Answer) -> Judgement:
        import requests

        name, expected = file.best_hash or ("sha256", "")
        digest = hasher(name)
        length = answer.headers.get("content-length", "")
        whole = int(length) if length.isdecimal() else file.size
        begun_only = whole is not None and whole > self.size_limit
        try:
            for chunk in opened.response.iter_content(_BEGUN):
                digest.update(chunk)
                self.bytes_read += len(chunk)
                if begun_only or self.bytes_read > self.size_limit:
                    size = f"{whole:,} bytes" if whole is not None else "a large file"
                    words = (
                        f"{file.filename} may be read: {self.bytes_read:,} bytes of {size}; its hash was not checked"
                    )
                    return Judgement(Outcome.OK, f"{words}{by_way_of(answer.hops)}.")
        except (requests.exceptions.RequestException, OSError) as error:
            raise lost(error, opened) from None
        if not expected:
            words = f"{file.filename} was downloaded, {self.bytes_read:,} bytes; the index gives no hash for it"
            return Judgement(Outcome.OK, f"{words}{by_way_of(answer.hops)}.")
        if digest.hexdigest() != expected:
            words = f"{file.filename} came, and its {name} is {digest.hexdigest()}, not {expected}."
            return Judgement(Outcome.WRONG_HASH, words, "Something between here and the index changes files.")
        self.hash_checked = True
        words = f"{file.filename} was downloaded, {self.bytes_read:,} bytes, and its {name} is right"
        return Judgement(Outcome.OK, f"{words}{by_way_of(answer.hops)}.")

    def proof(self, requirement: Requirement | None, allowed: Callable[[str], bool] | None) -> Proof:
        """All of it; a host that is needed and not allowed is a step of its own."""
        hosts = collect_hosts(self.hosts, self.feed.kind, allowed)
        missing = [need.host for need in hosts if need.allowed is False and need.state != "known"]
        if missing:
            words = f"The network does not let these hosts through: {', '.join(missing)}."
            self._add("hosts", "", None, Outcome.BLOCKED, words, "Add them to the rules for outgoing connections.")
        return Proof(
            without_query(self.login.url),
            normalized(requirement.name) if requirement is not None else None,
            tuple(self.steps),
            hosts,
            self.version,
            self.sample.filename if self.sample is not None else None,
            self.bytes_read,
            self.hash_checked,
            self.page,
        )

    def _ask(self, name: str, url: str) -> Answer | None:
        try:
            answer = self.client.get(self.login, url)
        except UnreachableError as error:
            self._unreachable(name, url, error)
            return None
        self._reached(answer.hops)
        return answer

    def _reached(self, hops: tuple[Hop, ...]) -> None:
        self.hosts += [
            (hop.host, "the index" if at == 0 else "redirects lead there", "reached") for at, hop in enumerate(hops)
        ]

    def _unreachable(self, name: str, url: str, error: UnreachableError) -> None:
        self._reached(error.hops)
        own, words = host_of(self.login.url), error.message
        self.hosts.append((error.host, "redirects lead there" if error.hops else "files", "blocked"))
        if error.host != own:
            words += f" {error.hops[0].host} redirects there." if error.hops else f" {own} lists files there."
        self._add(name, url, None, outcome_of(error.trouble), words, error.hint or "")

    def _judged(self, name: str, url: str, status: int | None, judgement: Judgement) -> None:
        self._add(name, url, status, judgement.outcome, judgement.words, judgement.fix)

    def _add(
        self, name: str, url: str, status: int | None, outcome: Outcome, words: str, fix: str, *, note: bool = False
    ) -> None:
        self.steps.append(Step(name, without_query(url) if url else "", status, outcome, words, fix, note))
