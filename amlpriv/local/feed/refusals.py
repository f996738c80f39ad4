"""How Azure DevOps says no: a JSON body, and the same words in the status line, which is what twine and pip show."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus

from amlpriv.local.plane.http import ArmError, Response, json_response

__all__ = ["FeedRefusal"]


class FeedRefusal(ArmError):  # noqa: N818  # it is an answer
    """Raised to answer a feed's request with an error in Azure DevOps' form.

    The form of the status line, ``409 Conflict - The feed ...``, is that of twine's output in
    Azure/azure-sdk-for-python#9286, and of the body that of astral-sh/uv#7860.
    """

    def __init__(self, status: int, kind: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        """``kind`` is the name of the exception that the service would name."""
        super().__init__(status, kind, " ".join(message.split()), headers=headers)

    def response(self) -> Response:
        """The response that says so."""
        activity = str(uuid.uuid4()).upper()
        body = {
            "$id": "1",
            "innerException": None,
            "message": self.message,
            "typeName": f"Microsoft.VisualStudio.Services.Packaging.{self.code}, Microsoft.VisualStudio.Services",
            "typeKey": self.code,
            "errorCode": 0,
            "eventId": 3000,
        }
        answer = json_response(body, self.status, {"ActivityId": activity, **self.headers})
        phrase = f"{HTTPStatus(self.status).phrase} - {self.message[:500]} (DevOps Activity ID: {activity})"
        return Response(answer.status, answer.body, answer.headers, reason=phrase)
