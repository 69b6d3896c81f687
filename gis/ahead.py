"""Work done ahead: what an iterator makes is made by a thread of its own, a few pieces before they are asked for. So two that wait for each other, like
packing rows and a database that takes them in, work at the same time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from typing import Generic, TypeVar

Piece = TypeVar("Piece")
_AT_MOST_S = 0.05  # so long a maker is given to see that nobody wants its pieces any more


class _Ended:
    """The last word of the maker: its error, or none."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Ahead(Generic[Piece]):
    def __init__(self, made: Iterable[Piece], pieces: int) -> None:
        self._made = made
        self._ready: Queue[Piece | _Ended] = Queue(pieces)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(_AT_MOST_S)

    def __iter__(self) -> Iterator[Piece]:
        while True:
            piece = self._ready.get()
            if isinstance(piece, _Ended):
                if piece.error is not None:
                    raise piece.error
                return
            yield piece

    def _work(self) -> None:
        try:
            for piece in self._made:
                self._ready.put(piece)
                if self._stop.is_set():
                    return
            self._ready.put(_Ended())
        except BaseException as error:  # noqa: BLE001 - raised again where the pieces are taken
            self._ready.put(_Ended(error))

    def _drain(self) -> None:
        with suppress(Empty):
            while True:
                self._ready.get_nowait()


@contextmanager
def ahead(made: Iterable[Piece], pieces: int = 4) -> Iterator[Iterator[Piece]]:
    """The same pieces in the same order, at most ``pieces`` ahead; an error of theirs is raised where they are taken. When the block ends, however it
    ends, the thread has ended.
    """
    work = _Ahead(made, pieces)
    work.start()
    try:
        yield iter(work)
    finally:
        work.stop()
