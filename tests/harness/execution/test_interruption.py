import signal
import threading

import pytest

from harness.execution.interruption import deferred_interrupts, interruptible

pytestmark = pytest.mark.usefixtures("ctrl_c_interrupts")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_it_is_asked_for(number: signal.Signals) -> None:
    with interruptible(), deferred_interrupts() as raise_if_interrupted:
        raise_if_interrupted()
        signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            raise_if_interrupted()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_an_import_is_at_a_safe_place(number: signal.Signals) -> None:
    done: list[str] = []
    of_import = compile("signal.raise_signal(number); done.append('import')", "<frozen importlib._bootstrap>", "exec")

    def imports_and_waits() -> None:
        exec(of_import, {"signal": signal, "number": number, "done": done})
        threading.Event().wait()

    with interruptible(), pytest.raises(KeyboardInterrupt):
        imports_and_waits()
    assert done == ["import"]


def test_an_interrupt_that_python_drops_comes_again() -> None:
    class Dropping:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    def drops_and_waits() -> None:
        Dropping()
        threading.Event().wait()

    with interruptible(), pytest.raises(KeyboardInterrupt):
        drops_and_waits()


def test_a_signal_interrupts_everything_else_at_once() -> None:
    with interruptible(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_ctrl_c_of_somebody_else_stays_theirs() -> None:
    met: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: met.append(number))
    try:
        with interruptible():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert met == [signal.SIGINT]


def test_what_the_process_was_started_to_ignore_stays_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with interruptible():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_second_signal_is_not_kept() -> None:
    with deferred_interrupts():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_handlers_are_put_back_and_ignored_signals_stay_ignored() -> None:
    before = signal.getsignal(signal.SIGINT)
    ignored = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with deferred_interrupts() as raise_if_interrupted:
            signal.raise_signal(signal.SIGTERM)
            raise_if_interrupted()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, ignored)
    assert signal.getsignal(signal.SIGINT) is before
