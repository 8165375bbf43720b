"""Runs the client against a server, which is cut and restarted meanwhile."""

import json
import os
import random
import subprocess
import threading
import time
import unittest
from pathlib import Path
from typing import Any, Callable

from tidings import Client, Event, Gap, Snapshot, TidingsError

HERE = Path(__file__).parent
# Cuts and restarts of the long test. One each six seconds, 600 are those of an hour.
CUTS = int(os.environ.get("TIDINGS_CUTS", "600"))


class RealServer:
    """A process of the server in server.ts."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "--conditions=@tidings/source", "--import", "tsx", str(HERE / "server.ts")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = f"http://127.0.0.1:{self._line()}/events"

    def do(self, command: str) -> Any:
        assert self._process.stdin
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return json.loads(self._line())

    def close(self) -> None:
        self._process.communicate(timeout=10)

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError("The server has ended")
        return line


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(0.01)


class WithServer(unittest.TestCase):
    server: RealServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = RealServer()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.close()

    def client(self, **options: Any) -> Client:
        return Client(self.server.url, wait_ms=(1, 100), **options)

    def test_reads_a_topic_and_calls_a_command(self) -> None:
        client = self.client()
        with client.subscribe("counter", {"name": "a b/é"}) as topic:
            happenings = iter(topic)
            self.assertEqual(next(happenings), Snapshot(0))
            self.assertEqual(client.call("add", {"name": "a b/é", "by": 2}), {"count": 2, "at": "1970-01-01T00:00:00.000Z"})
            first, second = next(happenings), next(happenings)
            self.assertEqual([first.data, second.data], [1, 2])
            self.assertEqual([first.cursor.seq, second.cursor.seq], [1, 2])

    def test_fails_with_the_errors_of_the_server(self) -> None:
        client = self.client()
        with self.assertRaises(TidingsError) as locked:
            client.call("add", {"name": "locked", "by": 1})
        self.assertEqual((locked.exception.code, locked.exception.data), ("locked", {"until": "1970-01-01T00:00:00.000Z"}))
        with self.assertRaises(TidingsError) as unfit:
            client.call("add", {"name": "x", "by": "1"})
        self.assertEqual(unfit.exception.issues[0]["path"], ["by"])
        with self.assertRaises(TidingsError) as refused:
            next(iter(client.subscribe("counter", {"name": "secret"})))
        self.assertEqual(refused.exception.code, "forbidden")
        with self.assertRaises(TidingsError) as unknown:
            next(iter(client.subscribe("nothing")))
        self.assertEqual(unknown.exception.code, "not_found")

    def test_resumes_where_it_was_and_announces_a_gap(self) -> None:
        client = self.client()
        client.call("add", {"name": "kept", "by": 1})
        topic = client.subscribe("counter", {"name": "kept"})
        self.assertEqual(next(iter(topic)), Snapshot(1))
        topic.close()
        client.call("add", {"name": "kept", "by": 3})
        with client.subscribe("counter", {"name": "kept"}, cursor=topic.cursor) as resumed:
            happenings = iter(resumed)
            self.assertEqual([next(happenings).data for _ in range(3)], [2, 3, 4])
        # More than the history of 20.
        client.call("add", {"name": "kept", "by": 30})
        with client.subscribe("counter", {"name": "kept"}, cursor=topic.cursor) as late:
            happenings = iter(late)
            self.assertEqual([next(happenings), next(happenings)], [Gap("expired"), Snapshot(34)])

    def test_reads_a_run_over_cuts_and_attaches_to_it(self) -> None:
        reconnects: list[TidingsError] = []
        client = self.client(on_reconnect=reconnects.append)
        run = client.run("countUp", {"to": 30, "everyMs": 20})
        counts = []
        for event in run:
            counts.append(event.data)
            if event.data in (5, 15, 25):
                self.server.do("cut")
        self.assertEqual(counts, list(range(1, 31)))
        self.assertEqual(run.output, {"sum": 465})
        self.assertGreaterEqual(len(reconnects), 3)
        same = client.attach("countUp", run.id)
        self.assertEqual([event.data for event in same], counts)
        self.assertEqual(same.output, run.output)

    def test_cancels_a_run(self) -> None:
        client = self.client()
        run = client.run("countUp", {"to": 1_000, "everyMs": 10})
        with self.assertRaises(TidingsError) as cancelled:
            for event in run:
                if event.data == 3:
                    run.cancel()
        self.assertEqual(cancelled.exception.code, "cancelled")

    def test_ends_with_the_error_of_a_run_whatever_its_code(self) -> None:
        client = self.client(on_reconnect=self.fail_to_reconnect)
        for code in ("internal", "too_large", "interrupted", "timeout", "unavailable", "cancelled"):
            with self.subTest(code):
                run = client.run("fail", {"code": code})
                for each in (run, client.attach("fail", run.id)):
                    got: list[Any] = []
                    with self.assertRaises(TidingsError) as failed:
                        for event in each:
                            got.append(event.data)
                    self.assertEqual((got[:1], failed.exception.code), (["first"], code))

    def fail_to_reconnect(self, lost: TidingsError) -> None:
        raise AssertionError(f"reconnects after {lost!r}")

    def test_does_not_repeat_a_call_that_the_server_failed_to_handle(self) -> None:
        client = self.client(headers={"Authorization": "broken"}, on_reconnect=self.fail_to_reconnect)
        for call in (lambda: client.call("add", {"name": "x", "by": 1}), lambda: list(client.run("fail", {"code": "internal"}))):
            with self.assertRaises(TidingsError) as failed:
                call()
            self.assertEqual(failed.exception.code, "internal")
        self.assertEqual(self.server.do("failures"), 2)

    def test_ends_a_run_that_its_server_has_lost(self) -> None:
        for command, code in (("restart", "unavailable"), ("crash", "interrupted")):
            with self.subTest(command):
                counts = []
                with self.assertRaises(TidingsError) as lost:
                    for event in self.client().run("countUp", {"to": 1_000, "everyMs": 10}):
                        counts.append(event.data)
                        if event.data == 3:
                            self.server.do(command)
                self.assertEqual(lost.exception.code, code)
                self.assertEqual(counts, list(range(1, len(counts) + 1)))
        with self.assertRaises(TidingsError) as unknown:
            next(iter(self.client().attach("countUp", "V1StGXR8Z5jdHi6BmyT0aQ")))
        self.assertEqual(unknown.exception.code, "not_found")

    def test_reads_a_topic_that_delivers_the_latest(self) -> None:
        topic = self.client(on_reconnect=self.fail_to_reconnect).subscribe("prices")
        got: list[Any] = []
        reader = threading.Thread(target=lambda: got.extend(event.data for event in topic))
        reader.start()
        until(lambda: topic.cursor is not None, "it is open")
        self.server.do("prices")
        until(lambda: bool(topic.cursor and topic.cursor.endswith(".4")), "it has the last event")
        topic.close()
        reader.join(10)
        self.assertEqual(got, [3, "done"])

    def test_leaves_no_connection(self) -> None:
        topic = self.client().subscribe("ticks")
        reader = threading.Thread(target=lambda: list(topic))
        reader.start()
        until(lambda: self.server.do("connections") == 1, "it is connected")
        topic.close()
        reader.join(10)
        until(lambda: self.server.do("connections") == 0, "the server has noticed")

    def test_an_hour_of_cuts_and_restarts(self) -> None:
        """Every event once and in order, or a gap and the state, whatever happens to the connections."""
        seed = random.randrange(2**32)
        chance = random.Random(seed)
        client = self.client()
        topic = client.subscribe("counter", {"name": "long"})
        got: list[Any] = []
        failures: list[BaseException] = []

        def read() -> None:
            try:
                for happening in topic:
                    got.append(happening)
            except BaseException as error:
                failures.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        total = 0
        for _ in range(CUTS):
            by = chance.choice([0, 1, 2, 5, 19, 25])
            if by:
                total = client.call("add", {"name": "long", "by": by})["count"]
            self.server.do("restart" if chance.random() < 0.15 else "cut")
            if chance.random() < 0.5:
                time.sleep(chance.random() * 0.05)
        total = client.call("add", {"name": "long", "by": 1})["count"]
        until(lambda: bool(got) and getattr(got[-1], "data", None) == total or bool(failures), f"it has {total} (seed {seed})")
        topic.close()
        reader.join(10)
        self.assertEqual(failures, [], f"seed {seed}")
        self.check(got, total, seed)

    def check(self, got: list[Any], total: int, seed: int) -> None:
        known: int | None = None
        gaps = 0
        for at, happening in enumerate(got):
            if isinstance(happening, Snapshot):
                self.assertTrue(at == 0 or isinstance(got[at - 1], Gap), f"an unexpected snapshot at {at}, seed {seed}")
                self.assertGreaterEqual(happening.data, known or 0, f"seed {seed}")
                known = happening.data
            elif isinstance(happening, Gap):
                gaps += 1
            else:
                assert isinstance(happening, Event)
                self.assertEqual(happening.data, (known or 0) + 1, f"at {at}, seed {seed}")
                known = happening.data
        self.assertEqual(known, total)
        # With 15 % of restarts there are some, and what follows each is complete.
        self.assertGreater(gaps, 0, f"seed {seed}")


if __name__ == "__main__":
    unittest.main()
