"""The client: topics, commands and runs of a Tidings server, after docs/protocol.md."""

import random
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Union
from urllib.parse import quote

from .connection import Server, Stream
from .cursor import Cursor, parse_cursor
from .errors import TidingsError, error_of, parse_json
from .keys import topic_key
from .sse import ServerEvent

_ATTEMPTS = 4
# How long a stream must have been open for the next wait to be short again.
_STABLE_S = 5.0


@dataclass(frozen=True)
class Event:
    """An event of a topic or run, with its position."""

    name: str
    data: Any
    cursor: Cursor


@dataclass(frozen=True)
class Snapshot:
    """The state of a topic, first and after each gap."""

    data: Any


@dataclass(frozen=True)
class Gap:
    """Events are missing here."""

    reason: str


TopicItem = Union[Event, Snapshot, Gap]


class Client:
    """A client of the server at a URL, its mount: `Client("https://example.com/events")`.

    `on_reconnect` is called with the reason each time that a stream is lost and opened again. `wait_ms` are the shortest
    and the longest wait before another attempt.
    """

    def __init__(
        self,
        url: str,
        headers: Any = None,
        timeout_s: float = 30.0,
        on_reconnect: Callable[[TidingsError], None] | None = None,
        wait_ms: tuple[float, float] = (250, 30_000),
    ) -> None:
        self._server = Server(url, headers, timeout_s)
        self._reconnecting = _Reconnecting(on_reconnect, wait_ms)

    def subscribe(self, channel: str, params: Mapping[str, Any] | None = None, cursor: str | None = None) -> "Topic":
        """Reads a topic: from now on, or after a cursor. Iterate over it; `close` ends it."""
        return Topic(self._server, topic_key(channel, params or {}), cursor, self._reconnecting)

    def call(self, command: str, input: Any = None) -> Any:
        """Calls a command, and returns its output. A lost answer is asked for again, and the command runs once."""
        key = {"Idempotency-Key": secrets.token_urlsafe(24)}
        for attempt in range(_ATTEMPTS):
            try:
                return self._server.call(command, input, key)[1]
            except TidingsError as error:
                if error.is_final_for_calls or attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(self._reconnecting.wait_s(attempt, error.retry_after_ms))
        raise AssertionError("unreachable")

    def run(self, stream: str, input: Any = None) -> "Run":
        """Starts a run of a stream. Iterate over its events, then read `output`."""
        return Run(self._server, stream, secrets.token_urlsafe(24), {"input": input}, self._reconnecting)

    def attach(self, stream: str, run_id: str) -> "Run":
        """Reads a run that was started elsewhere, from its beginning."""
        return Run(self._server, stream, run_id, None, self._reconnecting)


@dataclass(frozen=True)
class _Reconnecting:
    """How a lost stream is opened again."""

    on_reconnect: Callable[[TidingsError], None] | None
    wait_ms: tuple[float, float]

    def wait_s(self, failures: int, asked_ms: float | None) -> float:
        """Returns how long to wait: what the server asks for, doubled with each failure, with a random part."""
        least, most = self.wait_ms
        base = max(least, asked_ms or 0)
        longest = max(base, min(most, base * 2 ** min(failures, 16)))
        return random.uniform(max(asked_ms or 0, longest / 2), longest) / 1000


class _Log:
    """A stream that is opened again after its last position when it is lost. Delivers each position once."""

    def __init__(self, server: Server, cursor: str | None, reconnecting: _Reconnecting) -> None:
        self.cursor = cursor
        """The position to go on from, to keep until the next start of this program."""
        self._server = server
        self._reconnecting = reconnecting
        self._closed = threading.Event()
        self._stream: Stream | None = None

    def close(self) -> None:
        """Ends the iteration, also from another thread."""
        self._closed.set()
        if self._stream:
            self._stream.abort()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _open(self) -> Stream:
        raise NotImplementedError

    def _take(self, event: ServerEvent) -> Iterator[Any]:
        """Yields what an event means for the reader. Raises what ends this stream."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        failures, retry_ms = 0, None
        while not self._closed.is_set():
            opened_at: float | None = None
            try:
                self._stream = self._open()
                for event in self._stream:
                    if event.name == "$open":
                        opened_at = time.monotonic()
                        opened = parse_json(event.data)
                        retry_ms = opened.get("retryMs")
                        if heartbeat_ms := opened.get("heartbeatMs"):
                            self._stream.expect_bytes_every(heartbeat_ms)
                    yield from self._take(event)
                    if self._closed.is_set():
                        return
                lost = TidingsError("network", "The server ended the stream")
            except TidingsError as error:
                if self._closed.is_set():
                    return
                if error.is_final:
                    raise
                lost = error
            finally:
                if self._stream:
                    self._stream.close()
            if self._reconnecting.on_reconnect and not self._closed.is_set():
                self._reconnecting.on_reconnect(lost)
            if opened_at is not None and time.monotonic() - opened_at >= _STABLE_S:
                failures = 0
            asked_ms = lost.retry_after_ms if lost.retry_after_ms is not None else retry_ms
            self._closed.wait(self._reconnecting.wait_s(failures, asked_ms))
            failures += 1

    def _resume(self) -> dict[str, str]:
        return {"Last-Event-ID": self.cursor} if self.cursor else {}

    def _event(self, event: ServerEvent) -> Iterator[Event]:
        """Yields an event unless its position was passed. A topic that delivers the latest events skips positions."""
        at = parse_cursor(event.id)
        if at is None:
            raise TidingsError("invalid_response", f"The id of the event {event.name}, {event.id!r}, is not a cursor")
        known = parse_cursor(self.cursor) if self.cursor else None
        if known and known.epoch == at.epoch and at.seq <= known.seq:
            return
        # Before it is handed out: a reader that leaves its loop has had it.
        self.cursor = event.id
        yield Event(event.name, parse_json(event.data), at)


class Topic(_Log):
    """The events of a topic in order, each once: an iterator of Event, Snapshot and Gap."""

    def __init__(self, server: Server, key: str, cursor: str | None, reconnecting: _Reconnecting) -> None:
        super().__init__(server, cursor, reconnecting)
        self._key = key

    def _open(self) -> Stream:
        return self._server.stream("GET", self._key, self._resume())

    def _take(self, event: ServerEvent) -> Iterator[TopicItem]:
        if event.name in ("$open", "$gap", "$snapshot") and event.id:
            # Without an id, the position comes with the snapshot that follows.
            self.cursor = event.id
        if event.name == "$snapshot":
            yield Snapshot(parse_json(event.data))
        elif event.name == "$gap":
            yield Gap(parse_json(event.data)["reason"])
        elif event.name == "$error":
            raise error_of(parse_json(event.data))
        elif not event.name.startswith("$"):
            yield from self._event(event)


class Run(_Log):
    """A run of a stream: an iterator of its events. `output` is there after the last one."""

    def __init__(self, server: Server, path: str, run_id: str, start: Any, reconnecting: _Reconnecting) -> None:
        super().__init__(server, None, reconnecting)
        self.id = run_id
        self.output: Any = None
        self.is_over = False
        self._path = path
        self._start = start

    def _open(self) -> Stream:
        if self._start is not None and not self.cursor:
            try:
                # Repeated until the stream has begun: an id starts one run.
                return self._server.stream("POST", self._path, {"Idempotency-Key": self.id}, self._start["input"])
            except TidingsError as error:
                error.is_final = error.is_final_for_calls
                raise
        try:
            return self._server.stream("GET", f"{self._path}?$run={quote(self.id)}", self._resume())
        except TidingsError as error:
            if error.code == "not_found" and self.cursor:
                raise TidingsError("interrupted", "The server does not have the run any more") from error
            raise

    def _take(self, event: ServerEvent) -> Iterator[Event]:
        if event.name == "$open":
            self.cursor = event.id or self.cursor
        elif event.name == "$output":
            self.output, self.is_over = parse_json(event.data), True
            self._closed.set()
        elif event.name == "$error":
            raise error_of(parse_json(event.data))
        elif not event.name.startswith("$"):
            yield from self._event(event)

    def cancel(self) -> None:
        """Ends the run for all its readers."""
        self._server.call(f"$runs/{quote(self.id)}")
