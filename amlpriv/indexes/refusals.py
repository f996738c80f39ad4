"""Answers that are none of use, as the errors that everything else in amlpriv knows."""

from __future__ import annotations

from amlpriv.connections.feeds import parse_feed_url
from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
)
from amlpriv.indexes.answers import Answer, Login, basic
from amlpriv.indexes.judging import Judgement, Outcome, judge
from amlpriv.tool_output import spellings

__all__ = ["error_of", "judge_answer", "refuse", "secrets_of"]

_AUTHENTICATION = (Outcome.NO_CREDENTIAL, Outcome.NOT_ACCEPTED, Outcome.EXPIRED, Outcome.NOT_SENT, Outcome.SIGN_IN)
_PERMISSION = (Outcome.NO_ROLE, Outcome.NO_SCOPE, Outcome.POLICY, Outcome.FORBIDDEN)
_MISSING = (
    Outcome.FEED_MISSING,
    Outcome.PACKAGE_MISSING,
    Outcome.NOT_FOUND,
    Outcome.FILE_MISSING,
    Outcome.VERSION_MISSING,
    Outcome.OTHER_TARGET,
    Outcome.SDIST_ONLY,
    Outcome.REQUIRES_PYTHON,
    Outcome.YANKED,
)
_NETWORK = (Outcome.BLOCKED, Outcome.PROXY, Outcome.TLS, Outcome.REDIRECT, Outcome.NETWORK)


def judge_answer(answer: Answer, login: Login) -> Judgement:
    """What an answer means for this login."""
    return judge(
        answer.status,
        answer.headers,
        answer.text,
        kind=parse_feed_url(login.url).kind,
        given=login.credentials is not None,
        sent=answer.hops[-1].authorised if answer.hops else False,
        sign_in=answer.sign_in,
        secrets=secrets_of(login),
    )


def secrets_of(login: Login) -> tuple[str, ...]:
    """What no server may make us repeat, in every spelling; a short one would make holes in every word."""
    found = login.credentials
    if found is None:
        return ()
    values = [value for value in (found.password, found.token) if value is not None and len(value.reveal()) > 3]
    return (*spellings(values), basic(found))


def refuse(answer: Answer, login: Login, *, package: str | None = None, file: str | None = None) -> None:
    """Raise unless it is a good answer. The message names the address, and the package or the file."""
    judgement = judge_answer(answer, login)
    if judgement.outcome is Outcome.OK:
        return
    subject = f"{file or package or 'the index'} at {answer.hops[0].url if answer.hops else answer.shown}"
    raise error_of(judgement.outcome, judgement.fix, f"{subject}: {judgement.words}")


def error_of(outcome: Outcome, fix: str, message: str) -> AmlprivError:
    """The error, and with it the exit code, that a bad outcome has."""
    if outcome in _AUTHENTICATION:
        return AuthenticationError(message, hint=fix)
    if outcome in _PERMISSION:
        return PermissionDeniedError(message, hint=fix)
    if outcome in _MISSING:
        return NotFoundError(message, hint=fix, code=outcome.value)
    if outcome in _NETWORK:
        return NetworkError(message, hint=fix)
    return ServiceError(message, hint=fix)
