import os
import signal

import pytest

from harness.execution.interruption import deferred_interrupts, sigterm_interrupts

pytestmark = pytest.mark.usefixtures("ctrl_c_interrupts")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_it_is_asked_for(number: signal.Signals) -> None:
    reached = False
    with sigterm_interrupts(), pytest.raises(KeyboardInterrupt), deferred_interrupts() as raise_if_interrupted:
        raise_if_interrupted()
        os.kill(os.getpid(), number)
        reached = True
        raise_if_interrupted()
    assert reached


def test_a_second_signal_is_not_kept() -> None:
    with pytest.raises(KeyboardInterrupt), deferred_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("the second signal was kept")


def test_handlers_are_put_back_and_ignored_signals_stay_ignored() -> None:
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with deferred_interrupts() as raise_if_interrupted:
            os.kill(os.getpid(), signal.SIGTERM)
            raise_if_interrupted()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert signal.getsignal(signal.SIGINT) is before
