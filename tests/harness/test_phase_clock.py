import threading
from collections.abc import Iterator

import pytest

from harness import phase_clock
from harness.phase_clock import phase


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Readings of the clock that are still to come."""
    readings: list[float] = []
    monkeypatch.setattr(phase_clock.time, "perf_counter", lambda: readings.pop(0))
    return readings


def test_every_second_counts_once_and_for_the_innermost_phase(ticks: list[float]) -> None:
    # rest 0-100: fit 10-60 holds features 20-50, which hold decode 25-30; then decode 70-71.
    ticks += [0, 10, 20, 25, 30, 50, 60, 70, 71, 100]
    with phase("rest") as whole:
        with phase("fit") as fit, phase("features") as features, phase("decode"):
            pass
        with phase("decode"):
            pass
    assert whole.seconds == 100
    assert whole.seconds_of == {"rest": 49, "fit": 20, "features": 25, "decode": 6}
    assert features.seconds_of == {"features": 25, "decode": 5}
    assert [fit.seconds_without(name) for name in ("features", "decode", "score")] == [20, 45, 50]
    assert whole.seconds_without("features") == 70


def test_a_phase_inside_itself_counts_once(ticks: list[float]) -> None:
    ticks += [0, 2, 5, 10]
    with phase("fit") as outer, phase("fit"):
        pass
    assert outer.seconds_of == {"fit": 10}


def test_a_phase_that_raises_is_counted_and_ends(ticks: list[float]) -> None:
    ticks += [0, 1, 4, 5, 6, 10]
    with phase("rest") as whole:
        with pytest.raises(RuntimeError, match="no fit"), phase("fit"):
            raise RuntimeError("no fit")
        with phase("score"):
            pass
    assert whole.seconds_of == {"rest": 6, "fit": 3, "score": 1}


def test_what_another_thread_does_is_no_part_of_it(ticks: list[float]) -> None:
    def fit() -> None:
        with phase("fit"):
            pass

    ticks += [0, 1, 5, 10]
    with phase("score") as score:
        thread = threading.Thread(target=fit)
        thread.start()
        thread.join()
    assert score.seconds_of == {"score": 10}


def test_a_generator_counts_while_it_works_and_its_caller_in_between(ticks: list[float]) -> None:
    def items() -> Iterator[int]:
        for item in range(2):
            with phase("decode"):
                pass
            yield item

    # Decoding 1-2 and 5-7; scoring of the first item 2-5.
    ticks += [0, 1, 2, 3, 4, 5, 7, 20]
    with phase("rest") as whole:
        for item in items():
            if item == 0:
                with phase("score"):
                    pass
    assert whole.seconds_of == {"rest": 16, "decode": 3, "score": 1}
