"""SIGTERM ends a job as Ctrl-C does, and both wait for a moment at which nothing can be lost by it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """Let SIGTERM raise ``KeyboardInterrupt``; does nothing outside the main thread, which alone gets signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def deferred_interrupts() -> Iterator[Callable[[], None]]:
    """Keep Ctrl-C and SIGTERM until the block asks for them; a second one is not kept.

    Raised wherever the main thread is, ``KeyboardInterrupt`` can hit a callback of a C extension, which drops it
    together with what the callback was about to deliver.

    Yields:
        Raises ``KeyboardInterrupt`` if one of the signals has come.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    came = threading.Event()

    def keep(number: int, frame: FrameType | None) -> None:
        if came.is_set():
            raise KeyboardInterrupt
        came.set()

    def ask() -> None:
        if came.is_set():
            raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # What the process was started to ignore, it goes on ignoring; None is a handler that Python cannot put back.
    kept = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]
    for number in kept:
        signal.signal(number, keep)
    try:
        yield ask
    finally:
        for number in kept:
            signal.signal(number, before[number])
