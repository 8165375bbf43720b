"""The names of topics: a path, and params in a query string of one spelling."""

import json
from typing import Any, Mapping
from urllib.parse import quote

# What encodeURIComponent of JavaScript leaves as it is, beside letters and digits.
_UNRESERVED = "-_.!~*'()"


def topic_key(path: str, params: Mapping[str, Any]) -> str:
    """Returns the key of a topic: `room?roomId=lobby`.

    A text stands for itself, any other value is written as JSON. A param that is None is left out. A text that the
    contract declares as JSON, such as a nullable text, must be given as `Json(text)`.
    """
    pairs = [
        f"{quote(name, safe=_UNRESERVED)}={quote(_text(value), safe=_UNRESERVED)}"
        for name, value in sorted(params.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        if value is not None
    ]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


class Json:
    """A param that is sent as JSON, although it is a text."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Json):
        value = value.value
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
