"""What can go wrong, each with its own exit code.

AmlprivError                      1  (never raised itself)
    FindingsError                 1  the checks found errors; carries the report
    UsageError                    2  wrong arguments, unknown names, impossible combinations
    InputError                    3  a file that cannot be read or understood; carries file and line
        WheelError                3  a wheel that is not what it says; ``amlpriv.wheels.errors`` has a class per fault
    BuildError                    4  a wheel or an environment could not be built; carries the tool's last words
    JobError                      5  a job could not be started (a job that runs and fails keeps its own exit code)
    AuthenticationError          10  no credential, or one that is not accepted
    PermissionDeniedError        11  signed in, but not allowed; names the missing permission
    NotFoundError                12  workspace, datastore, container, environment or blob does not exist
    ConflictError                13  the same name already stands for something else
    NetworkError                 14  no answer: name resolution, refused connection, TLS, time-out
    ServiceError                 15  the service answered with something that we cannot use
    UnsupportedError             16  the workspace or route cannot do this; names what can
    LocalWorkspaceError          20  the local workspace could not be started, or is not running
    LockedError                  21  another process holds the lock for longer than we wait
    StorageFullError             22  no space left where we write
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from amlpriv.findings import Report

__all__ = [
    "AmlprivError",
    "AuthenticationError",
    "BuildError",
    "ConflictError",
    "FindingsError",
    "InputError",
    "JobError",
    "LocalWorkspaceError",
    "LockedError",
    "NetworkError",
    "NotFoundError",
    "PermissionDeniedError",
    "ServiceError",
    "StorageFullError",
    "UnsupportedError",
    "UsageError",
    "WheelError",
]

UNANSWERED_EXIT_CODE = 6
"""``verify``: a question that was asked has no answer, or something that it made could not be removed."""

CRASH_EXIT_CODE = 70
"""sysexits.h EX_SOFTWARE: an error in amlpriv itself."""

INTERRUPTED_EXIT_CODE = 130
"""128 + SIGINT, as shells report it."""


class AmlprivError(Exception):
    """Everything amlpriv raises on purpose.

    ``message`` says what happened and to which thing; ``hint`` is the next step. Neither holds a secret.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class FindingsError(AmlprivError):
    """The checks found at least one error; ``report`` has them all."""

    exit_code = 1

    def __init__(self, report: Report, *, hint: str | None = "Nothing was uploaded or registered.") -> None:
        self.report = report
        super().__init__("\n".join(str(finding) for finding in report.errors), hint=hint)

    def __reduce__(self) -> tuple[type[FindingsError], tuple[Report], dict[str, str | None]]:
        return type(self), (self.report,), {"hint": self.hint}


class UsageError(AmlprivError):
    """The call itself is wrong."""

    exit_code = 2


class InputError(AmlprivError):
    """A file of the user's that cannot be read or understood."""

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.file = None if file is None else str(file)
        self.line = line
        self.column = column

    @property
    def where(self) -> str:
        """``file:line:column``, as far as they are known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def __str__(self) -> str:
        text = super().__str__()
        return f"{self.where}: {text}" if self.where else text


class WheelError(InputError):
    """A wheel that is not what its name says."""


class BuildError(AmlprivError):
    """A wheel or an environment could not be built."""

    exit_code = 4


class JobError(AmlprivError):
    """A job could not be started."""

    exit_code = 5


class AuthenticationError(AmlprivError):
    """No credential, or one that is not accepted (HTTP 401)."""

    exit_code = 10


class PermissionDeniedError(AmlprivError):
    """Signed in, but not allowed (HTTP 403)."""

    exit_code = 11


class NotFoundError(AmlprivError):
    """The named thing does not exist (HTTP 404); ``code`` is the service's own word for it, where there is one."""

    exit_code = 12

    def __init__(self, message: str, *, hint: str | None = None, code: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class ConflictError(AmlprivError):
    """The same name already stands for something else (HTTP 409, 412)."""

    exit_code = 13


class NetworkError(AmlprivError):
    """No answer came."""

    exit_code = 14


class ServiceError(AmlprivError):
    """The service answered, but not with anything usable."""

    exit_code = 15


class UnsupportedError(AmlprivError):
    """The workspace or the route cannot do what was asked."""

    exit_code = 16


class LocalWorkspaceError(AmlprivError):
    """The local workspace could not be started, or is not running."""

    exit_code = 20


class LockedError(AmlprivError):
    """Somebody else holds the lock."""

    exit_code = 21


class StorageFullError(AmlprivError):
    """No space left on the disk that we write to."""

    exit_code = 22
