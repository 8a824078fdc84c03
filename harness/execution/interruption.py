"""SIGTERM ends a job as Ctrl-C does, and both wait for a moment at which nothing can be lost or locked by it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_IMPORT_CODE = "<frozen importlib"
_AGAIN_SECONDS = 0.02


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM raise ``KeyboardInterrupt`` as Ctrl-C does, and neither of them within Python's code of ``import``.

    An exception there can leave a lock taken, and another thread that imports, as that in which Ray starts, would wait
    for it for ever. Does nothing outside the main thread, which alone gets signals.
    """
    main = threading.main_thread()
    if threading.current_thread() is not main:
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        if frame is None or not frame.f_code.co_filename.startswith(_IMPORT_CODE):
            raise KeyboardInterrupt
        again = threading.Timer(_AGAIN_SECONDS, signal.pthread_kill, (main.ident, number))
        again.daemon = True
        again.start()

    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, interrupt)}
    # What a shell or a caller has set instead goes on.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        before[signal.SIGINT] = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
