"""Positions in a log: `<epoch>.<seq>`."""

import re
from typing import NamedTuple

_PATTERN = re.compile(r"([A-Za-z0-9_-]{1,64})\.(0|[1-9][0-9]{0,15})", re.ASCII)
_MAX_SEQ = 2**53 - 1


class Cursor(NamedTuple):
    """A position in a log. Those of different epochs cannot be compared: a new epoch is a new log."""

    epoch: str
    seq: int


def parse_cursor(text: str) -> Cursor | None:
    """Returns the cursor of a text, or None for any other text."""
    match = _PATTERN.fullmatch(text)
    if not match or int(match[2]) > _MAX_SEQ:
        return None
    return Cursor(match[1], int(match[2]))
