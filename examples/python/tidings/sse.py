"""Server-Sent Events: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"""

from codecs import getincrementaldecoder
from dataclasses import dataclass
from typing import Iterator

from .errors import TidingsError

MAX_EVENT_CHARACTERS = 16 * 1024 * 1024



@dataclass(frozen=True)
class ServerEvent:
    """An event as it was sent. The id is the last one that the stream has had so far."""

    name: str
    data: str
    id: str


class EventParser:
    """Parses the bytes of an event stream, in pieces of any size.

    Raises TidingsError `invalid_response` for an event of more than `max_characters`. Bytes that are not UTF-8 become
    U+FFFD, as the standard asks.
    """

    def __init__(self, max_characters: int = MAX_EVENT_CHARACTERS) -> None:
        self.retry_ms: int | None = None
        self.last_id = ""
        self._max = max_characters
        # "utf-8-sig" drops a byte order mark at the start.
        self._decoder = getincrementaldecoder("utf-8-sig")("replace")
        self._line = ""
        self._skips_line_feed = False
        self._name = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """Yields the events that end in this chunk."""
        text = self._decoder.decode(chunk)
        start = 0
        for at, character in enumerate(text):
            if self._skips_line_feed:
                # The second half of CRLF, whose first half has ended the line.
                self._skips_line_feed = False
                if character == "\n":
                    start = at + 1
                    continue
            if character not in "\r\n":
                continue
            line, self._line = self._line + text[start:at], ""
            start = at + 1
            self._skips_line_feed = character == "\r"
            event = self._end_line(line)
            if event:
                yield event
        self._line += text[start:]
        self._require_short(len(self._line))

    def _end_line(self, line: str) -> ServerEvent | None:
        if line == "":
            return self._end_event()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
            self._size += len(value) + 1
            self._require_short(0)
        elif field == "event":
            self._name = value
        elif field == "id" and "\0" not in value:
            self.last_id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value)
        # Anything else is a comment, which has an empty field, or unknown.
        return None

    def _end_event(self) -> ServerEvent | None:
        name, data = self._name or "message", self._data
        self._name, self._data, self._size = "", [], 0
        return ServerEvent(name, "\n".join(data), self.last_id) if data else None

    def _require_short(self, more: int) -> None:
        if self._size + more > self._max:
            raise TidingsError("invalid_response", f"The server sent an event of more than {self._max} characters", 413)
