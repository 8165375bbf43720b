"""A server that plays the server's part of an exchange."""

import json
import queue
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


class FixtureServer:
    """Performs the steps of an exchange. `mistakes` are the differences that it has seen, for a test to report."""

    def __init__(self, steps: list[Any]) -> None:
        self.mistakes: list[str] = []
        self._steps: queue.Queue[Any] = queue.Queue()
        for step in steps:
            self._steps.put(step)
        self._kept: dict[str, str] = {}
        self._streams: dict[str, queue.Queue[str]] = {}
        self._turn = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner._handle(self)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/events"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def remaining(self) -> list[Any]:
        """The steps that were not reached."""
        return list(self._steps.queue)

    def close(self) -> None:
        for stream in self._streams.values():
            stream.put("cut")
        self._http.shutdown()
        self._http.server_close()

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        with self._turn:
            if self._steps.empty():
                self.mistakes.append(f"another request: {request.command} {request.path}")
                step: Any = {"hangUp": True}
            else:
                step = self._steps.get()
                self._compare(step.get("expect", {}), request, body)
            stream = self._streams.setdefault(step["stream"], queue.Queue()) if "stream" in step else None
            # What follows without another request is done at once.
            following = []
            while not self._steps.empty() and "expect" not in self._steps.queue[0]:
                following.append(self._steps.get())
        if "respond" in step:
            self._respond(request, step["respond"])
        elif stream is not None:
            self._open(request, step["send"])
        else:
            request.close_connection = True
        for action in following:
            for how, name in action.items():
                self._streams[name].put(how)
        if stream is not None:
            how = stream.get()
            if how == "end":
                request.wfile.write(b"0\r\n\r\n")
            request.close_connection = True
            if how == "cut":
                request.connection.shutdown(socket.SHUT_RDWR)

    def _compare(self, expected: Any, request: BaseHTTPRequestHandler, body: bytes) -> None:
        path = expected["path"]
        for name, value in self._kept.items():
            path = path.replace(f"{{{name}}}", value)
        self._equal("method", request.command, expected["method"])
        self._equal("path", unquote(request.path), unquote(path))
        for name, value in expected.get("headers", {}).items():
            self._equal(f"header {name}", request.headers.get(name), value)
        if "body" in expected:
            self._equal("body", json.loads(body or b"null"), expected["body"])
        for name, kept in expected.get("remember", {}).items():
            self._kept[kept] = request.headers.get(name) or ""
        for name, kept in expected.get("same", {}).items():
            self._equal(f"header {name}", request.headers.get(name), self._kept[kept])

    def _equal(self, what: str, actual: Any, expected: Any) -> None:
        if actual != expected:
            self.mistakes.append(f"{what} is {actual!r}, and not {expected!r}")

    @staticmethod
    def _respond(request: BaseHTTPRequestHandler, response: Any) -> None:
        content = json.dumps(response["body"]).encode() if "body" in response else b""
        request.send_response(response["status"])
        for name, value in response.get("headers", {}).items():
            request.send_header(name, value)
        if response["status"] != 204:
            request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    @staticmethod
    def _open(request: BaseHTTPRequestHandler, text: str) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        content = text.encode()
        request.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        request.wfile.flush()
