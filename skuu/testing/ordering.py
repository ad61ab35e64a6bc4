"""The order in which workers take test files: the longest first, so that none is left alone with one at the end."""

from collections import Counter
from typing import Any

# Those that wait for processes of their own come before all others, so that somebody else's work fills their time.
LONGEST = (
    "skuu/tests/running/",
    "skuu/tests/test_doors.py",
    "skuu/tests/browser/",
    "skuu/tests/working/",
    "skuu/proof/",
    "orders/tests/concurrency/",
    "settlement/tests/concurrency/",
    "catalog/tests/concurrency/",
    "network/connectors/shopify/standin/tests/test_surviving.py",
    "skuu/tests/test_any_order.py",
)


def longest_first(items: list[Any]) -> None:
    """Put the files known to be long in front, then those with most tests; the tests of a file stay together, as they stood."""
    files = [item.nodeid.partition("::")[0] for item in items]
    tests = Counter(files)

    def place(file: str) -> tuple[int, int, str]:
        known = (at for at, long in enumerate(LONGEST) if file.startswith(long))
        return next(known, len(LONGEST)), -tests[file], file

    order = sorted(range(len(items)), key=lambda at: place(files[at]))
    items[:] = [items[at] for at in order]
