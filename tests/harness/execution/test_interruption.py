import signal

import pytest

from harness.execution.interruption import deferred_interrupts, sigterm_interrupts

pytestmark = pytest.mark.usefixtures("ctrl_c_interrupts")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_it_is_asked_for(number: signal.Signals) -> None:
    with sigterm_interrupts(), deferred_interrupts() as raise_if_interrupted:
        raise_if_interrupted()
        signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            raise_if_interrupted()


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
