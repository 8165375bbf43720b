"""Responses that are not what the protocol says."""

import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

from tidings import Client, TidingsError


class Broken(BaseHTTPRequestHandler):
    """Answers with half a JSON text."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"text": "h')

    def log_message(self, *_: object) -> None:
        pass


class ErrorsTest(unittest.TestCase):
    def test_reports_a_response_that_is_not_json(self) -> None:
        server = HTTPServer(("127.0.0.1", 0), Broken)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        client = Client(f"http://127.0.0.1:{server.server_address[1]}/events", wait_ms=(1, 2))
        with self.assertRaises(TidingsError) as raised:
            client.call("send")
        self.assertEqual(raised.exception.code, "invalid_response")


if __name__ == "__main__":
    unittest.main()
