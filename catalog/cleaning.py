"""Make what shops write fit to be stored: texts without control signs and within their column, numbers that are numbers."""

import re
from collections.abc import Iterable
from typing import Any

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def text(value: Any, length: int) -> str:
    """Keep a text without NUL and other control signs or lone surrogates, cut to its column; anything else is empty."""
    if not isinstance(value, str):
        return "" if value is None or isinstance(value, bool | dict | list) else str(value)[:length]
    return _CONTROL.sub("", value).encode("utf-8", "ignore").decode().strip()[:length]


def texts(values: Any, length: int) -> list[str]:
    """Keep a list of texts, without empty ones and repeats, in their order."""
    if not isinstance(values, Iterable) or isinstance(values, str):
        return []
    return list(dict.fromkeys(cleaned for value in values if (cleaned := text(value, length))))


def whole(value: Any, lowest: int, highest: int) -> int | None:
    """Keep a whole number within bounds; None for anything else, True and False included."""
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        return None
    return value


def address(value: Any) -> str:
    """Keep a web address; anything but http and https is empty, so that no page ever links to a script."""
    cleaned = text(value, 1000)
    return cleaned if cleaned.startswith(("https://", "http://")) else ""


def pairs(value: Any) -> list[list[str]]:
    """Keep options as [name, value] pairs of texts."""
    found = []
    for pair in value if isinstance(value, list | tuple) else ():
        if isinstance(pair, list | tuple) and len(pair) == 2:
            found.append([text(pair[0], 255), text(pair[1], 255)])
    return found
