"""Tests that every tracker must pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from harness.trackers.base import Tracker
from harness.trackers.tracked_run import TrackedRun

GOOD = TrackedRun(
    name="demo/tile mfrnet seed 0",
    params={"k": 2, "learning_rate": 0.001, "is_centred": True, "layers": "[1,2]", "deep.kind": "soft"},
    tags={
        "cell_id": "00000000000000a1",
        "dataset": "demo",
        "category": "tile",
        "method": "mfrnet",
        "split": "published",
        "protocol": "mfrnet-bench-1/192/keep/127",
        "version.torch": "2.6.0",
        "status": "ok",
    },
    metrics={"image_auroc": 0.9375, "aupro_30": 0.5},
    losses=((10, 0.5), (20, 0.25)),
)
FAILED = TrackedRun(
    name="demo/gear mfrnet seed 1",
    params={"k": 2},
    tags=dict(GOOD.tags)
    | {"cell_id": "00000000000000b2", "status": "failed", "error": "DataError: 3.png is truncated"},
    metrics={},
)


@dataclass(frozen=True, kw_only=True)
class KeptRun:
    """What a tracker holds of a cell, read back."""

    params: Mapping[str, str]
    """Values as texts, as ``str`` writes them."""
    tags: Mapping[str, str]
    metrics: Mapping[str, float] = field(default_factory=dict)
    losses: tuple[tuple[int, float], ...] = ()


class TrackerContract:
    """Everything that a tracker must do.

    A subclass overrides the fixture ``tracker`` and the method ``kept``.
    """

    @pytest.fixture
    def tracker(self) -> Tracker:
        """The tracker under test, which reaches no network."""
        raise NotImplementedError("Override the fixture 'tracker' with one that returns a tracker.")

    def kept(self, tracker: Tracker, run: TrackedRun) -> list[KeptRun]:
        """What the closed tracker holds of every run that this cell became."""
        raise NotImplementedError("Override 'kept' with a method that reads the tracker's files.")

    def test_keeps_a_cell_as_one_run_with_settings_tags_metrics_and_losses(self, tracker: Tracker) -> None:
        tracker.log(GOOD)
        tracker.close()
        (run,) = self.kept(tracker, GOOD)
        assert run.params == {name: str(value) for name, value in GOOD.params.items()}
        assert GOOD.tags.items() <= run.tags.items()
        assert run.metrics == pytest.approx(GOOD.metrics)
        assert run.losses == GOOD.losses

    def test_keeps_a_failed_cell_with_its_error_beside_a_good_one(self, tracker: Tracker) -> None:
        tracker.log(GOOD)
        tracker.log(FAILED)
        tracker.close()
        (run,) = self.kept(tracker, FAILED)
        assert (run.tags["status"], run.tags["error"]) == ("failed", FAILED.tags["error"])
        assert (run.metrics, run.losses) == ({}, ())
        (good,) = self.kept(tracker, GOOD)
        assert good.tags["status"] == "ok"

    def test_takes_a_cell_that_ran_again(self, tracker: Tracker) -> None:
        tracker.log(GOOD)
        tracker.log(GOOD)
        tracker.close()
        runs = self.kept(tracker, GOOD)
        assert runs
        assert runs[-1].metrics == pytest.approx(GOOD.metrics)

    def test_prints_nothing(self, tracker: Tracker, capfd: pytest.CaptureFixture[str]) -> None:
        tracker.log(GOOD)
        tracker.close()
        # Between the events of 'bench run --json' there is no room for anything else.
        assert capfd.readouterr().out == ""
