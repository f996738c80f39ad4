"""Queue, cancellation, the end of the local workspace, and what the next one makes of it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from amlpriv.errors import NotFoundError
from amlpriv.local.jobs.runner import LocalRunner
from tests.local_jobs.fakes import ENDED, Site

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")

SLEEPING = "sleep 300 & echo $$ $! > pids; echo ready; wait"
"""A shell with a child of its own."""


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not collected yet does not."""
    status = Path(f"/proc/{pid}/stat")
    try:
        os.kill(pid, 0)
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def pids(site: Site, name: str) -> list[int]:
    """The processes of a job that sleeps."""
    site.until(name, lambda _: "ready" in site.log(name))
    return [int(word) for word in (site.root / "jobs" / name / "code" / "pids").read_text().split()]


def left(processes: list[int], seconds: float = 5) -> list[int]:
    """The processes that are still there when the time is over."""
    end = time.monotonic() + seconds
    while (found := [pid for pid in processes if alive(pid)]) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def test_a_cancelled_job_leaves_no_process(site: Site, bare: str) -> None:
    site.start("sleeper", environmentId=bare, command=SLEEPING)
    processes = pids(site, "sleeper")
    assert site.job("sleeper")["status"] == "Running"
    site.runner.cancel("sleeper")
    assert site.job("sleeper")["status"] in ("CancelRequested", "Canceled")
    assert site.wait("sleeper")["status"] == "Canceled"
    assert left(processes) == []
    assert "ready" in site.stored("azureml", "ExperimentRun/dcid.sleeper/")["user_logs/std_log.txt"]


def test_two_jobs_run_at_once_and_the_third_waits(site: Site, bare: str) -> None:
    for name in ("one", "two", "three", "four"):
        site.start(name, environmentId=bare, command=SLEEPING)
    pids(site, "one")
    pids(site, "two")
    assert site.job("three")["status"] == "Queued"
    assert site.runner.is_busy

    site.runner.cancel("three")
    assert site.job("three")["status"] == "Canceled", "it had not begun"
    site.runner.cancel("one")
    pids(site, "four")
    assert not (site.root / "jobs" / "three").exists()


def test_a_job_is_cancelled_while_its_environment_is_built(site: Site) -> None:
    conda = {"dependencies": ["python", {"pip": ["acme-never"]}]}
    slow = site.register("environments", "slow", {"image": "ubuntu:24.04", "condaFile": str(conda)})
    site.start("builder", environmentId=slow, command="echo never")
    site.until("builder", lambda _: any(site.builds.glob("slow-*/pyvenv.cfg")))
    assert site.job("builder")["status"] == "Preparing"
    site.runner.cancel("builder")
    assert site.wait("builder", seconds=10)["status"] == "Canceled"
    assert not any(site.builds.glob("slow-*/pyvenv.cfg"))
    assert not any(site.builds.glob(".slow-*.work-*"))


def test_cancelling_what_has_ended_or_never_was_does_nothing(site: Site, bare: str) -> None:
    site.run("done", environmentId=bare, command="echo")
    site.runner.cancel("done")
    site.runner.cancel("nobody")
    assert site.job("done")["status"] == "Completed"
    with pytest.raises(NotFoundError, match="no job nobody"):
        site.runner.submit("nobody")


def test_the_end_of_the_local_workspace_ends_its_jobs(site: Site, bare: str) -> None:
    for name in ("one", "two", "three"):
        site.start(name, environmentId=bare, command=SLEEPING)
    processes = [*pids(site, "one"), *pids(site, "two")]
    started = time.monotonic()
    site.runner.close()
    assert time.monotonic() - started < 6
    assert left(processes) == []
    for name in ("one", "two", "three"):
        job = site.job(name)
        assert job["status"] == "Failed"
        assert "The local workspace ended while this job ran." in job["error"]["message"]


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("NotStarted", "Failed"),
        ("Queued", "Failed"),
        ("Preparing", "Failed"),
        ("Running", "Failed"),
        ("Finalizing", "Failed"),
        ("CancelRequested", "Canceled"),
        ("Completed", "Completed"),
        ("Canceled", "Canceled"),
    ],
)
def test_jobs_of_a_killed_workspace_do_not_run_for_ever(site: Site, status: str, becomes: str) -> None:
    """The next supervisor finds them in the store."""
    with site.context.store.lock:
        site.context.store.assets("jobs").put_container(
            "old", {"jobType": "Command", "experimentName": "e", "status": status}
        )
    LocalRunner(site.reopen(), environ=lambda _: {}, builds=site.builds).close()
    job = site.job("old")
    assert job["status"] == becomes
    assert ("ended while this job ran" in str(job.get("error"))) == (becomes == "Failed")
    assert ("endTimeUtc" in job) == (status not in ENDED)


def test_other_types_of_jobs_are_refused_by_name(site: Site) -> None:
    job = site.run("tuning", jobType="Sweep")
    assert job["status"] == "Failed"
    assert "jobs of type Sweep" in job["error"]["message"]


def test_a_process_of_a_session_of_its_own_ends_with_its_job(site: Site, bare: str) -> None:
    daemon = "import os, time; print(os.getpid(), file=open('daemon', 'w'), flush=True); time.sleep(300)"
    leave = f'setsid python -c "{daemon}" & while [ ! -s daemon ]; do sleep 0.05; done; '
    site.run("done", environmentId=bare, command=f"{leave} echo over")
    assert left([int((site.root / "jobs/done/code/daemon").read_text())]) == []
    site.start("halted", environmentId=bare, command=f"{leave} echo $$ > pids; echo ready; sleep 300")
    processes = [*pids(site, "halted"), int((site.root / "jobs/halted/code/daemon").read_text())]
    site.runner.cancel("halted")
    assert site.wait("halted")["status"] == "Canceled"
    assert left(processes) == []


def test_what_a_killed_workspace_left_running_ends_at_the_next_start(site: Site, bare: str) -> None:
    site.start("orphan", environmentId=bare, command=SLEEPING)
    processes = pids(site, "orphan")
    LocalRunner(site.reopen(), environ=lambda _: {}, builds=site.builds).close()
    assert left(processes) == []


def test_a_job_whose_record_cannot_be_kept_takes_no_place_of_another(site: Site, bare: str) -> None:
    for name in ("one", "two"):
        site.start(name, environmentId=bare, command="sleep 0.5")
        site.wait(name, "Preparing", "Running")
        with site.context.store.lock:
            site.context.store.assets("jobs").delete(name)
    assert site.run("three", environmentId=bare, command="echo here")["status"] == "Completed"
    deadline = time.monotonic() + 10
    while site.runner.is_busy and time.monotonic() < deadline:  # the other two still sleep
        time.sleep(0.05)
    assert not site.runner.is_busy
