"""The threads of the server: the one that was at work last works next, and nothing that was given to them is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from palpate.web.worker import LastFirst

PATIENCE = 20  # seconds until something that must come counts as missing


@pytest.fixture
def pool() -> Iterator[LastFirst]:
    made = LastFirst(3)
    yield made
    made.shutdown(cancel_futures=True)


def test_one_after_the_other_is_done_by_one_thread(pool: LastFirst) -> None:
    seen = {pool.submit(threading.get_ident).result(PATIENCE) for _ in range(50)}
    assert len(seen) == 1


def test_others_begin_while_it_is_busy_and_more_waits_its_turn(pool: LastFirst) -> None:
    here, go = threading.Semaphore(0), threading.Event()

    def work(number: int) -> tuple[int, int]:
        here.release()
        assert go.wait(PATIENCE)
        return number, threading.get_ident()

    given = [pool.submit(work, number) for number in range(8)]
    for _ in range(3):
        assert here.acquire(timeout=PATIENCE)
    assert not here.acquire(blocking=False)
    go.set()
    found = [one.result(PATIENCE) for one in given]
    assert [number for number, _ in found] == list(range(8))
    assert len({thread for _, thread in found}) == 3


def test_whoever_hears_of_an_end_finds_the_thread_free(pool: LastFirst) -> None:
    threads: list[int] = []
    over = threading.Event()

    def next_one(done: Future[int]) -> None:
        threads.append(done.result())
        if len(threads) == 20:
            over.set()
        else:
            pool.submit(threading.get_ident).add_done_callback(next_one)

    pool.submit(threading.get_ident).add_done_callback(next_one)
    assert over.wait(PATIENCE)
    assert len(set(threads)) == 1


def test_a_fault_is_told_and_the_thread_goes_on(pool: LastFirst) -> None:
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 1, 0).result(PATIENCE)
    assert pool.submit(divmod, 7, 2).result(PATIENCE) == (3, 1)


def test_what_was_given_before_the_end_is_done_and_nothing_is_taken_after() -> None:
    pool, go = LastFirst(1), threading.Event()
    first, second = pool.submit(go.wait, PATIENCE), pool.submit(int, "2")
    pool.shutdown(wait=False)
    go.set()
    assert first.result(PATIENCE)
    assert second.result(PATIENCE) == 2
    with pytest.raises(RuntimeError):
        pool.submit(int)


def test_what_waits_may_be_called_off() -> None:
    pool, go = LastFirst(1), threading.Event()
    first, second = pool.submit(go.wait, PATIENCE), pool.submit(int, "2")
    pool.shutdown(wait=False, cancel_futures=True)
    go.set()
    assert first.result(PATIENCE)
    assert second.cancelled()
