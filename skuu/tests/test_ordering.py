"""Workers begin with the files that take longest, and keep the tests of a file together."""

from pathlib import Path
from types import SimpleNamespace

from skuu.testing.ordering import LONGEST, longest_first

CHECKOUT = Path(__file__).resolve().parents[2]


def test_long_files_come_first_then_those_with_most_tests_and_a_file_keeps_its_own_order():
    names = [
        "a.py::two",
        "b.py::one",
        f"{LONGEST[1]}::late",
        "b.py::again",
        f"{LONGEST[0]}x.py::first",
        "a.py::three",
        "a.py::one",
    ]
    items = [SimpleNamespace(nodeid=name) for name in names]
    longest_first(items)
    assert [item.nodeid for item in items] == [
        f"{LONGEST[0]}x.py::first",
        f"{LONGEST[1]}::late",
        "a.py::two",
        "a.py::three",
        "a.py::one",
        "b.py::one",
        "b.py::again",
    ]


def test_every_file_said_to_be_long_exists():
    assert [long for long in LONGEST if not (CHECKOUT / long).exists()] == []
