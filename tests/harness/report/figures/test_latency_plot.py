from typing import Any

from harness.records import CostRecord
from harness.report.figures.latency_plot import latency_plot
from harness.report.figures.plot_sheet import Sheet
from harness.report.figures.plot_types import LatencyPlot, LeftOut
from harness.store.schema import Record
from tests.support import records as make

Measured = tuple[Record, CostRecord | None]


def cell(
    method: str, score: float, seconds: float | None, *, dataset: str = "demo", seed: int = 0, **machine: Any
) -> Measured:
    """A record and the costs that were measured on the machine of its run; no seconds, no costs."""
    identity = make.identity(dataset=dataset, method=method, seed=seed)
    record = make.cell_record(identity=identity, provenance=make.provenance(**machine), image_auroc=score)
    machine.pop("finished_at", None)
    costs = None if seconds is None else make.cost_record(identity.cell_id, latency_p50_seconds=seconds, **machine)
    return record, costs


def plot_of(*cells: Measured, is_quiet: bool = True) -> LatencyPlot | LeftOut:
    frame = make.frame(*(record for record, _ in cells), costs=[costs for _, costs in cells if costs is not None])
    return latency_plot(Sheet.of(frame.assign(is_quiet=is_quiet)))


def drawn(plot: LatencyPlot | LeftOut) -> dict[str, dict[str, tuple[float, float]]]:
    assert isinstance(plot, LatencyPlot)
    return {
        panel.title: {point.label: (point.latency_seconds, point.image_auroc) for point in panel.points}
        for panel in plot.panels
    }


def test_a_point_is_the_mean_over_seeds() -> None:
    plot = plot_of(cell("a", 0.5, 0.25, seed=0), cell("a", 1.0, 0.75, seed=1))
    assert drawn(plot) == {"demo": {"a": (0.5, 0.75)}}
    assert isinstance(plot, LatencyPlot)
    assert plot.machine == "bench-1 (cpu, 2 threads)"
    assert plot.heading.seeds == {"demo": {"a": (0, 1)}}


def test_several_data_sets_have_a_panel_each_and_one_of_means() -> None:
    plot = plot_of(cell("a", 0.5, 0.25), cell("a", 1.0, 0.75, dataset="mtd"), cell("b", 0.75, 1.0))
    assert drawn(plot) == {
        "demo": {"a": (0.25, 0.5), "b": (1.0, 0.75)},
        "mtd": {"a": (0.75, 1.0)},
        "mean of 2 data sets": {"a": (0.5, 0.75)},
    }
    assert isinstance(plot, LatencyPlot)
    assert plot.heading.notes == ("b on mtd: no records",)


def test_the_front_holds_what_nothing_beats() -> None:
    plot = plot_of(cell("fast", 0.5, 0.1), cell("good", 0.9, 0.5), cell("beaten", 0.8, 0.6), cell("twin", 0.9, 0.5))
    assert isinstance(plot, LatencyPlot)
    (panel,) = plot.panels
    assert {point.label: point.is_on_front for point in panel.points} == {
        "fast": True,
        "good": True,
        "twin": True,
        "beaten": False,
    }


def test_times_of_a_busy_machine_have_no_front() -> None:
    plot = plot_of(cell("fast", 0.5, 0.1), cell("good", 0.9, 0.5), is_quiet=False)
    assert isinstance(plot, LatencyPlot)
    assert not plot.is_quiet
    assert not any(point.is_on_front for point in plot.panels[0].points)


def test_only_the_machine_with_most_rows_is_shown() -> None:
    plot = plot_of(
        cell("a", 0.5, 0.1), cell("b", 0.6, 0.2), cell("c", 0.7, 0.1, host="other"), cell("d", 0.7, 0.1, num_threads=8)
    )
    assert set(drawn(plot)["demo"]) == {"a", "b"}
    assert isinstance(plot, LatencyPlot)
    assert plot.heading.notes == (
        "c on demo: measured on other (cpu, 2 threads)",
        "d on demo: measured on bench-1 (cpu, 8 threads)",
    )


def test_of_machines_with_equally_many_rows_the_later_is_shown() -> None:
    early = cell("a", 0.5, 0.1, host="z", finished_at="2025-01-01")
    assert set(drawn(plot_of(early, cell("b", 0.6, 0.2, finished_at="2025-02-01")))["demo"]) == {"b"}


def test_a_row_measured_on_two_machines_is_left_out() -> None:
    plot = plot_of(
        *(cell("a", 0.5, 0.1, seed=seed, host=host) for seed, host in enumerate(("bench-1", "other"))),
        *(cell("b", 0.6, 0.2, seed=seed) for seed in (0, 1)),
    )
    assert set(drawn(plot)["demo"]) == {"b"}
    assert isinstance(plot, LatencyPlot)
    assert plot.heading.notes == ("a on demo: measured on bench-1 (cpu, 2 threads) and other (cpu, 2 threads)",)


def test_old_records_and_failed_cells_are_named() -> None:
    failed = make.failure_record(identity=make.identity(method="broken"))
    plot = plot_of(cell("a", 0.5, 0.1), cell("old", 0.6, None), (failed, None))
    assert isinstance(plot, LatencyPlot)
    assert set(plot.heading.notes) == {"old on demo: records without latency", "broken on demo: failed in tile"}


def test_without_any_latency_there_is_no_plot() -> None:
    plot = plot_of(cell("a", 0.5, None), cell("a", 0.5, None, dataset="mtd"))
    assert plot == LeftOut(name="accuracy_latency", reason="a on demo, mtd: records without latency")
