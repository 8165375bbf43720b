"""Runs the fixtures of the protocol: docs/protocol."""

import base64
import json
import unittest
from pathlib import Path
from typing import Any

from fixture_server import FixtureServer
from tidings import Client, Event, EventParser, Gap, Snapshot, TidingsError, parse_cursor, topic_key

FIXTURES = Path(__file__).parents[3] / "docs" / "protocol"


def cases(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text())


class Parsing(unittest.TestCase):
    def test_every_case_split_at_every_byte(self) -> None:
        for case in cases("parsing.json"):
            content = base64.b64decode(case["base64"]) if "base64" in case else case["stream"].encode()
            expected = [(event["event"], event["data"], event["id"]) for event in case["events"]]
            for at in range(len(content) + 1):
                with self.subTest(case["name"], split=at):
                    parser = EventParser()
                    events = [event for part in (content[:at], content[at:]) for event in parser.feed(part)]
                    self.assertEqual([(event.name, event.data, event.id) for event in events], expected)
                    self.assertEqual(parser.retry_ms, case.get("retryMs"))

    def test_an_event_without_end(self) -> None:
        parser = EventParser(max_characters=100)
        with self.assertRaisesRegex(TidingsError, "more than 100 characters"):
            for _ in range(20):
                list(parser.feed(b"data: 1234567890\n"))


class Names(unittest.TestCase):
    def test_cursors(self) -> None:
        for case in cases("cursors.json"):
            with self.subTest(case["text"]):
                cursor = parse_cursor(case["text"])
                self.assertEqual(cursor and cursor._asdict(), case["cursor"])

    def test_keys_of_topics(self) -> None:
        for case in cases("keys.json"):
            with self.subTest(case["key"]):
                self.assertEqual(topic_key(case["channel"], case["params"]), case["key"])


class Exchanges(unittest.TestCase):
    def test_every_exchange(self) -> None:
        for case in cases("exchanges.json"):
            with self.subTest(case["name"]):
                server = FixtureServer(case["server"])
                try:
                    self.assertEqual(yielded(server.url, case["do"], len(case["yields"])), case["yields"])
                    self.assertEqual(server.mistakes, [])
                    self.assertEqual(server.remaining, [])
                finally:
                    server.close()


def yielded(url: str, task: Any, count: int) -> list[Any]:
    """Performs a task, and returns what the program got."""
    losses: list[TidingsError] = []

    def on_reconnect(lost: TidingsError) -> None:
        losses.append(lost)
        if len(losses) > 5:
            raise AssertionError(f"does not end: {losses}")

    client = Client(url, timeout_s=10, wait_ms=(1, 50), on_reconnect=on_reconnect)
    got: list[Any] = []
    try:
        if "call" in task:
            got.append({"output": client.call(task["call"], task.get("input"))})
        elif "cancel" in task:
            client.attach(task["cancel"], task["id"]).cancel()
        elif "subscribe" in task:
            with client.subscribe(task["subscribe"], task.get("params")) as topic:
                for happening in topic:
                    got.append(plain(happening))
                    # A refusal that is expected last is waited for.
                    if len(got) == count:
                        break
        else:
            path = task.get("run") or task["attach"]
            run = client.run(path, task.get("input")) if "run" in task else client.attach(path, task["id"])
            for event in run:
                got.append(plain(event))
            got.append({"output": run.output})
    except TidingsError as error:
        got.append({"error": error.code, **({"data": error.data} if error.data is not None else {})})
    return got


def plain(happening: Any) -> Any:
    if isinstance(happening, Snapshot):
        return {"snapshot": happening.data}
    if isinstance(happening, Gap):
        return {"gap": happening.reason}
    assert isinstance(happening, Event)
    return {"event": happening.name, "data": happening.data}


if __name__ == "__main__":
    unittest.main()
