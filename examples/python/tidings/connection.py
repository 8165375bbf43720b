"""HTTP with the standard library: requests, and streams that notice a lost connection."""

import http.client
import json
import socket
import ssl
from typing import Any, Iterator, Mapping
from urllib.parse import urlsplit

from .errors import TidingsError, parse_json, refusal
from .sse import EventParser, ServerEvent

# How long a server may stay silent beyond what it promises.
_GRACE_S = 5.0
_CHUNK = 64 * 1024
_MAX_BODY = 16 * 1024 * 1024


class Server:
    """The mount of a Tidings server: `https://example.com/events`.

    `headers` are sent with every request, and may be a function that is asked each time. `timeout_s` bounds connecting,
    each answer of a command, and the wait for the first event of a stream.
    """

    def __init__(self, url: str, headers: Any = None, timeout_s: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the URL of a server. Give one such as https://example.com/events")
        self._is_encrypted = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._mount = parts.path.rstrip("/")
        self._headers = headers
        self.timeout_s = timeout_s

    def call(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
        """Posts JSON, and returns the status and the JSON of the response, None without one."""
        connection, _, response = self._request("POST", path, {"Content-Type": "application/json", **(headers or {})}, body)
        try:
            content = response.read(_MAX_BODY)
        except (OSError, http.client.HTTPException) as cause:
            raise _unreachable(cause) from cause
        finally:
            connection.close()
        if response.status == 204:
            return 204, None
        content_type = response.getheader("Content-Type", "")
        if response.status in (200, 202) and content_type.startswith("application/json"):
            return response.status, parse_json(content)
        raise refusal(response.status, content_type, content)

    def stream(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> "Stream":
        """Opens an event stream."""
        given = {"Accept": "text/event-stream", **(headers or {})}
        if method == "POST":
            given["Content-Type"] = "application/json"
        connection, held, response = self._request(method, path, given, body)
        content_type = response.getheader("Content-Type", "")
        if response.status == 200 and content_type.startswith("text/event-stream"):
            return Stream(connection, held, response)
        try:
            raise refusal(response.status, content_type, response.read(_MAX_BODY))
        finally:
            connection.close()

    def _request(
        self, method: str, path: str, headers: Mapping[str, str], body: Any
    ) -> tuple[http.client.HTTPConnection, socket.socket | None, http.client.HTTPResponse]:
        own = self._headers() if callable(self._headers) else self._headers
        content = json.dumps(body).encode() if method == "POST" else None
        if self._is_encrypted:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self.timeout_s, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self.timeout_s)
        try:
            connection.request(method, f"{self._mount}/{path}", content, {**(own or {}), **headers})
            # The connection forgets its socket when the response is to close it.
            held = connection.sock
            return connection, held, connection.getresponse()
        except (OSError, http.client.HTTPException) as cause:
            connection.close()
            raise _unreachable(cause) from cause


class Stream:
    """An open event stream. Iterating ends with it, and raises TidingsError `network` when it is lost."""

    def __init__(
        self, connection: http.client.HTTPConnection, held: socket.socket | None, response: http.client.HTTPResponse
    ) -> None:
        self._socket = held
        self._connection = connection
        self._response = response
        self.parser = EventParser()

    def expect_bytes_every(self, heartbeat_ms: float) -> None:
        """Treats longer silence as a lost connection."""
        if self._socket:
            self._socket.settimeout(heartbeat_ms / 1000 + _GRACE_S)

    def __iter__(self) -> Iterator[ServerEvent]:
        try:
            while chunk := self._response.read1(_CHUNK):
                yield from self.parser.feed(chunk)
        except (OSError, ValueError, http.client.HTTPException) as cause:
            raise _unreachable(cause) from cause

    def abort(self) -> None:
        """Ends the stream from another thread, whose reader then closes it."""
        if self._socket:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        """Closes the connection. For the thread that reads."""
        self._connection.close()
        self._response.close()


def _unreachable(cause: BaseException) -> TidingsError:
    return TidingsError("network", f"The server cannot be reached: {cause}")
