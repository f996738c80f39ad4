"""What uv and twine say, as it was printed by real ones, and what that means."""

from __future__ import annotations

import pytest

from amlpriv.indexes.upload_tools import NoAnswer, Reply, Tool, choose_tool, read_reply

UV = """\
Publishing 1 file to http://127.0.0.1:1/
Uploading thing-1.0-py3-none-any.whl (1.0KiB)
error: Failed to publish `dist/thing-1.0-py3-none-any.whl` to `http://127.0.0.1:1/`
"""
CONFLICT = """\
  cause: Server returned status code 409 Conflict. Server says:
             <!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
             <html>
                 <head>
                     <style type="text/css">
                       html {background-color: #eee;}
                     </style>
                 </head>
                 <body>
                     <pre>Package &#039;thing&#039; already exists!</pre>
                 </body>
             </html>
"""
TWINE = """\
Uploading distributions to http://127.0.0.1:1/
INFO     Response from http://127.0.0.1:1/:
         403 Forbidden
INFO     {"$id": "1", "innerException": null, "message": "User 'x' lacks \\"AddPackage\\"."}
ERROR    HTTPError: 403 Forbidden - User 'x' lacks it from http://127.0.0.1:1/
         Forbidden
"""


@pytest.mark.parametrize(
    ("tool", "text", "expected"),
    [
        (Tool.UV, UV + CONFLICT, Reply(False, 409, "Package 'thing' already exists!")),
        (Tool.UV, f"{UV}  cause: Server returned status code 401 Unauthorized", Reply(False, 401, "Unauthorized")),
        (Tool.UV, f"{UV}  cause: Missing credentials for: x", Reply(False, 401, "The server wants a credential.")),
        (
            Tool.UV,
            f"{UV}  cause: POST requests are not supported by the endpoint, are you using",
            Reply(False, 405, "POST requests are not supported."),
        ),
        (
            Tool.UV,
            f"{UV}  cause: error sending request for url (x)\n  cause: Connection refused (os error 111)",
            Reply(False, None, "Connection refused (os error 111)", NoAnswer.NETWORK),
        ),
        (
            Tool.UV,
            f"{UV}  cause: error sending request\n  cause: invalid peer certificate: UnknownIssuer",
            Reply(False, None, "invalid peer certificate: UnknownIssuer", NoAnswer.TLS),
        ),
        (Tool.TWINE, TWINE, Reply(False, 403, "User 'x' lacks \"AddPackage\".")),
        (
            Tool.TWINE,
            "ERROR    InvalidDistribution: Unknown distribution format",
            Reply(False, None, "InvalidDistribution: Unknown distribution format"),
        ),
        (Tool.UV, "", Reply(False, None, "It said nothing.")),
    ],
)
def test_a_tool_that_failed_says_why(tool: Tool, text: str, expected: Reply) -> None:
    assert read_reply(text.splitlines(), succeeded=False, tool=tool) == expected


def test_uv_that_left_the_file_out_has_sent_nothing() -> None:
    """It ends with exit code 0."""
    skipped = "Publishing 1 file to x\nwarning: `Thing-1.0.tar.gz` has a non-normalized filename, skipping"
    reply = read_reply(skipped.splitlines(), succeeded=True, tool=Tool.UV)
    assert reply == Reply(False, None, "`Thing-1.0.tar.gz` has a non-normalized filename, skipping")
    assert read_reply(["Publishing 1 file", "Uploading x (1KiB)"], succeeded=True, tool=Tool.UV).sent
    assert read_reply(["Uploading distributions to x"], succeeded=True, tool=Tool.TWINE).sent


def test_a_long_page_is_cut() -> None:
    text = f"{UV}  cause: Server returned status code 500 Oops. Server says: {'long ' * 500}"
    assert len(read_reply(text.splitlines(), succeeded=False, tool=Tool.UV).words) == 400


def test_uv_goes_first_and_a_wish_goes_before_it(scrubbed: dict[str, str]) -> None:
    assert choose_tool(None, scrubbed) is Tool.UV
    assert choose_tool(Tool.TWINE, scrubbed) is Tool.TWINE
