"""Errors, as problem documents have them: RFC 9457."""

import json
from typing import Any

# The server refuses these however often they are repeated.
_FINAL = {204, 301, 308, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422}


class TidingsError(Exception):
    """An error that the server answered with, or that of a server that cannot be reached.

    `code` is the reason for programs, `data` that of an error which the contract declares, `issues` what does not fit in
    an input. `is_final` says whether another attempt would fail as well.
    """

    def __init__(self, code: str, message: str, status: int = 0, **about: Any) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.data: Any = about.get("data")
        self.issues: list[Any] = about.get("issues") or []
        self.retry_after_ms: float | None = about.get("retryAfterMs")
        # The error that has ended a run stays its end, whatever the status.
        self.is_final = status in _FINAL or code == "interrupted" or about.get("ended") is True

    @property
    def is_final_for_calls(self) -> bool:
        """Whether a repeated call would get this error again."""
        return self.is_final or self.code == "internal"

    def __repr__(self) -> str:
        return f"TidingsError({self.code!r}, {str(self)!r})"


def parse_json(text: str | bytes) -> Any:
    """Parses what the server sent. Raises TidingsError `invalid_response` for anything but JSON."""
    try:
        return json.loads(text)
    except ValueError as cause:
        raise TidingsError("invalid_response", f"The server sent what is not JSON: {cause}") from cause


def error_of(problem: Any) -> TidingsError:
    """Returns the error of a problem document."""
    if not isinstance(problem, dict) or not isinstance(problem.get("code"), str):
        return TidingsError("invalid_response", "The server's error is not a problem document")
    about = {key: problem.get(key) for key in ("data", "issues", "retryAfterMs", "ended")}
    status = problem.get("status")
    detail = str(problem.get("detail") or problem["code"])
    return TidingsError(problem["code"], detail, status if isinstance(status, int) else 0, **about)


def refusal(status: int, content_type: str, body: bytes) -> TidingsError:
    """Returns the error of a response that is not what was asked for. It may be that of a proxy."""
    if content_type.split(";")[0].strip().lower() == "application/problem+json":
        try:
            return error_of(json.loads(body))
        except ValueError:
            pass
    message = f"The server answered {status} with {content_type or 'no content type'}, which is not an answer of Tidings"
    return TidingsError("invalid_response", message, status)
