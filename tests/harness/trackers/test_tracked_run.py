from harness.trackers.tracked_run import TrackedRun
from tests.support import records as make


def test_a_record_is_named_as_its_cell_and_has_every_metric_that_is_defined() -> None:
    run = TrackedRun.of(make.cell_record(identity=make.identity(seed=3)), [(10, 0.5)])
    assert run.name == "demo/tile mfrnet seed 3"
    assert run.metrics == {name: value for name, value in make.METRICS.items() if value is not None}
    assert run.losses == ((10, 0.5),)


def test_settings_are_parameters_and_what_is_no_single_value_is_json() -> None:
    settings = {"k": 2, "rate": 0.5, "layers": [1, 2], "own": {"kind": "soft", "on": True}, "seed": None}
    run = TrackedRun.of(make.cell_record(identity=make.identity(settings=settings)))
    assert run.params == {
        "k": 2, "rate": 0.5, "layers": "[1,2]", "own.kind": "soft", "own.on": True, "seed": "null",
    }  # fmt: skip


def test_tags_say_what_the_cell_is_and_how_it_ran() -> None:
    identity = make.identity(split="grouped-1.1", limit=8, regime="few-shot-2")
    tags = TrackedRun.of(make.cell_record(identity=identity)).tags
    assert tags["cell_id"] == identity.cell_id
    assert (tags["split"], tags["limit"], tags["protocol"]) == ("grouped-1.1", "8", make.PROTOCOL)
    assert tags["regime"] == "few-shot-2"
    assert (tags["version.torch"], tags["status"], tags["weights_sha256"]) == ("2.6.0", "ok", "none")


def test_a_failed_cell_has_its_error_and_no_metrics() -> None:
    run = TrackedRun.of(make.failure_record(identity=make.identity()))
    assert (run.tags["status"], run.tags["error"]) == ("failed", "DataError: test/good/000.png is truncated")
    assert run.metrics == {}
