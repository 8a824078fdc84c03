"""SIGTERM ends a job as Ctrl-C does, and both wait for a moment at which nothing can be lost or locked by it."""

import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_IMPORT_CODE = "<frozen importlib"
_AGAIN_SECONDS = 0.02


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM raise ``KeyboardInterrupt`` as Ctrl-C does, and neither of them within Python's code of ``import``.

    An exception there can leave a lock taken, and another thread that imports, as that in which Ray starts, would wait
    for it for ever. An interrupt that Python drops, because it hit a finaliser or a callback, comes again. Does nothing
    outside the main thread, which alone gets signals.
    """
    main = threading.main_thread()
    if threading.current_thread() is not main:
        yield
        return
    # A handler may put into this queue wherever it interrupts the program, also itself.
    again: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    def send_again() -> None:
        while (number := again.get()) is not None:
            time.sleep(_AGAIN_SECONDS)
            signal.pthread_kill(main.ident or 0, number)

    def interrupt(number: int, frame: FrameType | None) -> None:
        code = frame.f_code if frame is not None else None
        if code is not None and (code is interrupt.__code__ or code.co_filename.startswith(_IMPORT_CODE)):
            again.put(number)
            return
        raise KeyboardInterrupt

    def unraisable(dropped: "sys.UnraisableHookArgs") -> None:
        if dropped.exc_type is KeyboardInterrupt:
            again.put(signal.SIGTERM)
        else:
            hook(dropped)

    sender = threading.Thread(target=send_again, name="interrupts", daemon=True)
    sender.start()
    hook, sys.unraisablehook = sys.unraisablehook, unraisable
    # What the process was started to ignore, it goes on ignoring; None is a handler that Python cannot put back.
    heeded = [] if signal.getsignal(signal.SIGTERM) in (signal.SIG_IGN, None) else [signal.SIGTERM]
    # What a shell or a caller has set instead goes on.
    heeded += [signal.SIGINT] if signal.getsignal(signal.SIGINT) is signal.default_int_handler else []
    before = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield
    finally:
        try:
            again.put(None)
            sender.join()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            sys.unraisablehook = hook


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
