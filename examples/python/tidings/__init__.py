"""A client of Tidings, of the standard library alone. The protocol is docs/protocol.md."""

from .client import Client, Event, Gap, Run, Snapshot, Topic, TopicItem
from .cursor import Cursor, parse_cursor
from .errors import TidingsError
from .keys import Json, topic_key
from .sse import EventParser, ServerEvent

__all__ = [
    "Client", "Cursor", "Event", "EventParser", "Gap", "Json", "Run", "ServerEvent", "Snapshot",
    "TidingsError", "Topic", "TopicItem", "parse_cursor", "topic_key",
]  # fmt: skip
