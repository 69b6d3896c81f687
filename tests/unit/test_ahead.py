"""Work done ahead comes out as it would have without: the same pieces, the same errors, and no thread left behind."""

import threading
from collections.abc import Iterator

import pytest

from gis.ahead import ahead


def left() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ahead"]


@pytest.mark.parametrize("count", [0, 1, 3, 500])
def test_the_same_pieces_in_the_same_order(count: int) -> None:
    with ahead(iter(range(count)), 3) as pieces:
        assert list(pieces) == list(range(count))
    assert left() == []


def test_an_error_is_raised_where_the_pieces_are_taken() -> None:
    def made() -> Iterator[int]:
        yield 1
        raise ValueError("row 2")

    taken: list[int] = []
    with pytest.raises(ValueError, match="row 2"), ahead(made()) as pieces:
        taken.extend(pieces)
    assert taken == [1]
    assert left() == []


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    closed: list[bool] = []

    def made() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    endless = made()
    with ahead(endless, 2) as pieces:
        assert next(pieces) == 1
    assert left() == []
    endless.close()
    assert closed == [True]


def test_no_more_is_made_than_was_said() -> None:
    made: list[int] = []
    asked = threading.Event()

    def making() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            if number == 3:
                asked.set()
            yield number

    with ahead(making(), 2) as pieces:
        assert next(pieces) == 0
        assert asked.wait(10)  # two that are ready, and the one in hand
        assert max(made) == 3
        assert list(pieces) == list(range(1, 100))
