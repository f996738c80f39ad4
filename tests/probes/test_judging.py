"""What answers of the service mean: pure functions, tried with what a real service might say."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from amlpriv.probes.conflicts import (
    CHANGES,
    judge_archive,
    judge_conflicts,
    judge_credentials,
    judge_delete,
    judge_order,
)
from amlpriv.probes.contexts import judge_buildkit, judge_built, judge_registered
from amlpriv.probes.feeds import judge_cache, judge_closest, judge_matching, judge_used, targets_of
from amlpriv.probes.naming import OURS, judge_names, judge_properties, judge_versions
from amlpriv.probes.plain import judge_log, judge_plain
from amlpriv.probes.probe import Verdict
from amlpriv.probes.running import Outcome, cause_of
from amlpriv.probes.storage import judge_propagation, judge_rules, judge_secrets
from amlpriv.remote import RawAnswer

YES, NO, FACTS, UNKNOWN = Verdict.YES, Verdict.NO, Verdict.FACTS, Verdict.UNKNOWN
DONE, FAILED = Outcome("Completed"), Outcome("Failed", build_log="ERROR: HTTP error 409 while getting https://a/b.whl")
CONFLICT, REFUSED, GONE = RawAnswer(409, "UserError", "no"), RawAnswer(400, "Bad", "no"), RawAnswer(404, "NotFound")
OK = RawAnswer(200)
SECRET = "c2lnbmF0dXJlIG9mIGEgdGVzdA%3D%3D"


def stored(version: str) -> RawAnswer:
    return RawAnswer(201, body={"id": f"/x/environments/e/versions/{version}"})


def test_versions_are_fine_when_those_that_amlpriv_makes_are_kept_as_they_are() -> None:
    answers = {text: stored(text) for text in OURS} | {"007": stored("7"), "a b": REFUSED}
    answer = judge_versions(answers)
    assert (answer.verdict, answer.details["stored_as_something_else"]) == (YES, {"007": "7"})
    assert answer.details["refused"] == {"a b": "400 Bad"}
    assert judge_versions(answers | {OURS[0]: REFUSED}).verdict is NO
    assert judge_versions(answers | {OURS[0]: stored("0")}).verdict is NO


def test_names_are_facts_without_the_number_of_the_run() -> None:
    answer = judge_names({"run1-Upper": OK, "AzureML-run1": REFUSED}, "run1")
    assert answer.verdict is FACTS
    assert answer.details == {"accepted": ["NAME-Upper"], "refused": {"AzureML-NAME": "400 Bad"}}


def test_properties_count_as_kept_when_they_come_back() -> None:
    label, sent = "as amlpriv writes them", {"key": "value"}
    back = RawAnswer(200, body={"properties": {"properties": sent}})
    assert judge_properties([("properties", label, sent, back)]).verdict is YES
    assert judge_properties([("properties", label, sent, OK)]).verdict is NO
    assert judge_properties([("properties", label, sent, REFUSED)]).verdict is NO
    assert judge_properties([]).verdict is UNKNOWN


def test_other_content_has_to_be_a_conflict() -> None:
    answers = dict.fromkeys(CHANGES, OK) | {"conda file": CONFLICT, "image": CONFLICT, "properties": CONFLICT}
    after = {"tags": RawAnswer(200, body={"properties": {"tags": {"tag": "second"}}}), "description": OK}
    answer = judge_conflicts(answers, after)
    assert answer.verdict is YES
    assert "Other properties: refused" in answer.words
    changes = answer.details["changes"]
    assert isinstance(changes, dict)
    assert (changes["tags"], changes["description"]) == ("changed", "ignored")
    assert judge_conflicts(answers | {"image": OK}, after).verdict is NO
    assert judge_conflicts({}, {}).verdict is UNKNOWN


def test_a_version_is_archived_when_it_is_listed_elsewhere_and_comes_back() -> None:
    states = {"archived": (["2"], ["1"]), "restored": (["1", "2"], list[str]())}
    assert judge_archive(states, {}).verdict is YES
    assert judge_archive({**states, "archived": (["1", "2"], [])}, {"archived": CONFLICT}).verdict is NO


def test_the_order_of_creation_is_not_that_of_numbers() -> None:
    assert judge_order(["1", "10", "2"], ["2", "10", "1"], ["1"], {}).verdict is YES
    assert judge_order(["10", "2", "1"], ["1", "2", "10"], ["10"], {}).verdict is NO


def test_a_version_is_deleted_when_it_cannot_be_read_any_more() -> None:
    assert judge_delete(OK, GONE, CONFLICT, OK).verdict is YES
    assert judge_delete(OK, OK, None, OK).verdict is NO
    assert judge_delete(RawAnswer(405), OK, None, OK).verdict is NO


def test_a_shown_secret_is_told_without_it() -> None:
    answer = judge_credentials({"a": OK, "b": REFUSED}, {"a": RawAnswer(200, body={"pat": "not-a-token"})})
    assert answer.details == {"accepted": ["a"], "refused": {"b": "400 Bad"}, "secret_shown": ["a"]}


def test_a_secret_of_storage_is_described_and_not_shown() -> None:
    sas = RawAnswer(200, body={"secretsType": "Sas", "sasToken": f"?sv=1&se=2026-01-01&sig={SECRET}"})
    key = RawAnswer(200, body={"secretsType": "AccountKey", "key": SECRET})
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    answer = judge_secrets({False: key, True: sas}, now)
    assert answer.verdict is YES
    assert "ends at 2026-01-01" in answer.words
    assert SECRET not in str(answer)
    assert judge_secrets({False: sas, True: sas}, now).verdict is NO
    assert judge_secrets({False: REFUSED, True: REFUSED}, now).verdict is NO


def test_rules_of_the_account_are_counted_not_listed() -> None:
    body = {"properties": {"allowSharedKeyAccess": False, "networkAcls": {"ipRules": [{"value": "192.0.2.1"}]}}}
    answer = judge_rules(RawAnswer(200, body=body))
    assert answer.verdict is YES
    assert "192.0.2.1" not in str(answer)
    assert judge_rules(RawAnswer(403, "AuthorizationFailed")).verdict is NO


@pytest.mark.parametrize(
    ("lets_in", "keeps_out", "verdict"), [(2.0, 5.0, YES), (2.0, None, NO), (None, None, UNKNOWN)], ids=str
)
def test_a_policy_has_to_act_both_ways(lets_in: float | None, keeps_out: float | None, verdict: Verdict) -> None:
    assert judge_propagation(403, lets_in, keeps_out, 90).verdict is verdict


@pytest.mark.parametrize(
    ("public", "plain", "control", "verdict"),
    [
        (True, None, None, UNKNOWN),
        (False, DONE, None, YES),
        (False, FAILED, DONE, NO),
        (False, FAILED, FAILED, UNKNOWN),
        (False, Outcome("Running (no end in time)"), FAILED, UNKNOWN),
    ],
    ids=["public", "installed", "refused", "nothing works", "slow"],
)
def test_only_a_working_control_makes_a_no(
    public: bool, plain: Outcome | None, control: Outcome | None, verdict: Verdict
) -> None:
    assert judge_plain(public, plain, control).verdict is verdict


def test_a_log_without_a_text_says_nothing() -> None:
    assert judge_log("", SECRET).verdict is UNKNOWN
    assert judge_log("Collecting a @ https://x/a.whl?sig=***", SECRET).verdict is NO
    assert judge_log(f"https://x/a.whl?sig={SECRET}", SECRET).verdict is YES
    other = judge_log("https://x/a.whl?sig=b3RoZXIgc2lnbmF0dXJl", SECRET)
    assert (other.verdict, other.details) == (YES, {"another": True})


def test_contexts() -> None:
    assert judge_registered({"small": OK, "large": OK}).verdict is NO
    assert judge_registered({"small": OK, "large": REFUSED}).verdict is YES
    assert judge_registered({"small": REFUSED, "large": REFUSED}).verdict is UNKNOWN
    assert judge_built(DONE, {"large": DONE}).verdict is YES
    assert judge_built(DONE, {"large": FAILED}).verdict is NO
    assert judge_built(FAILED, {}).verdict is UNKNOWN


def test_buildkit_is_off_when_the_log_says_so_or_a_plain_context_is_built() -> None:
    assert judge_buildkit(DONE, None).verdict is YES
    assert judge_buildkit(Outcome("Failed", build_log="the --mount option requires BuildKit"), None).verdict is NO
    assert judge_buildkit(FAILED, DONE).verdict is NO
    assert judge_buildkit(FAILED, FAILED).verdict is UNKNOWN


def test_connections() -> None:
    look = Outcome("Completed", look={"file": True, "userinfo_in_file": "user"})
    assert judge_used(look, FAILED).verdict is YES
    assert "image's conda file: user" in judge_used(look, FAILED).words
    assert judge_used(DONE, DONE).verdict is UNKNOWN
    assert judge_used(FAILED, None).verdict is UNKNOWN
    assert judge_matching(DONE, {"host": DONE, "feed": FAILED}).details["matching"] == ["host"]
    assert judge_matching(FAILED, {}).verdict is UNKNOWN
    assert [judge_closest(*pair).verdict for pair in ((DONE, FAILED), (FAILED, DONE), (DONE, DONE))] == [
        YES,
        NO,
        UNKNOWN,
    ]
    assert [judge_cache(*pair).verdict for pair in ((DONE, FAILED), (DONE, DONE), (FAILED, DONE))] == [YES, NO, UNKNOWN]


def test_targets_to_try_follow_from_the_address() -> None:
    found = targets_of("https://pkgs.example/Org/Project/_packaging/feed/pypi/simple/")
    assert found["host"] == "https://pkgs.example"
    assert found["first part of the path"] == "https://pkgs.example/Org"
    assert found["first part, other case"] == "https://pkgs.example/oRG"
    assert found["organisation and project"] == "https://pkgs.example/Org/Project"
    assert found["feed"] == "https://pkgs.example/Org/Project/_packaging/feed"
    assert found["without the last slash"] == "https://pkgs.example/Org/Project/_packaging/feed/pypi/simple"
    assert "organisation and project" not in targets_of("https://pkgs.example/Org/_packaging/feed/pypi/simple/")


def test_the_cause_of_a_failure_is_the_telling_line_without_its_secret() -> None:
    log = f"error: something\n  ERROR: HTTP error 403 while getting https://x/a.whl?sig={SECRET}\nlast\n"
    assert cause_of(log) == "ERROR: HTTP error 403 while getting https://x/a.whl?sig=***"
    assert (cause_of("one\ntwo\n\n"), cause_of("")) == ("two", "")
    assert DONE.cause == ""
