"""A person who scans or swipes again and again until the command has heard it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AGAIN_S = 0.25  # longer than the pause that ends a burst in these tests


@contextmanager
def again_and_again(send: Callable[[], None]) -> Iterator[None]:
    """Call `send` every AGAIN_S for as long as this is entered."""
    is_heard = threading.Event()

    def work() -> None:
        while not is_heard.wait(AGAIN_S):
            send()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        is_heard.set()
        thread.join()
