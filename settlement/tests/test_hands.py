"""Work shared by processes: each hand's result comes back, what one raises is raised here, who is killed loses only its part."""

import os
import signal
import threading

import pytest

from settlement.hands import Tally, is_left_alone, share_work


@pytest.fixture
def one_thread(monkeypatch):
    """Let hands be processes also where the runner of the tests has threads of its own."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


def test_every_hand_is_a_process_and_each_result_comes_back(one_thread):
    found = share_work(lambda hand: (hand, os.getpid()), 3)
    assert [hand for hand, _ in found] == [0, 1, 2]
    assert len({pid for _, pid in found}) == 3
    assert found[0][1] == os.getpid()


def test_where_there_are_threads_hands_are_threads(monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert sorted(share_work(lambda hand: (hand, os.getpid()), 2)) == [(0, os.getpid()), (1, os.getpid())]


def test_what_a_hand_raises_is_raised_when_all_have_ended(one_thread):
    tally = Tally(2)

    def work(hand: int) -> None:
        if hand:
            raise LookupError("nothing there")
        tally.note(0, 5)

    with pytest.raises(LookupError, match="nothing there"):
        share_work(work, 2)
    assert tally.total() == 5


def test_a_killed_hand_gives_no_result_and_stops_no_other(one_thread):
    def work(hand: int) -> int:
        if hand == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return hand

    assert share_work(work, 3) == [0, 2]


def test_hands_are_ended_when_the_first_fails(one_thread):
    def work(hand: int) -> None:
        if hand == 0:
            raise KeyboardInterrupt
        signal.pause()

    with pytest.raises(KeyboardInterrupt):
        share_work(work, 2)


def test_a_tally_is_seen_by_all(one_thread):
    tally = Tally(3)
    share_work(lambda hand: tally.note(hand, 10 + hand), 3)
    assert tally.total() == 33


def test_a_hand_knows_when_its_maker_is_gone():
    assert not is_left_alone(os.getpid())
    assert not is_left_alone(os.getppid())
    assert is_left_alone(1 if os.getppid() != 1 else 2)
