"""``bench run`` and ``bench plan``."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options as o
from harness.records import PUBLISHED_SPLIT

if TYPE_CHECKING:
    from harness.config import RunSettings
    from harness.jobs.planning import Planned


def run(
    datasets: o.Datasets = None,
    categories: o.Categories = None,
    methods: o.Methods = None,
    seeds: o.Seeds = None,
    split: o.Split = None,
    set_: o.Set = None,
    backbone: o.Backbone = None,
    weights: o.Weights = None,
    image_size: o.ImageSize = None,
    protocol: o.Protocol = None,
    config: o.Config = None,
    data: o.Data = None,
    results: o.Results = None,
    policy: o.Policy = None,
    workers: o.Workers = None,
    cpus_per_worker: o.CpusPerWorker = None,
    gpus_per_worker: o.GpusPerWorker = None,
    address: o.Address = None,
    device: o.Device = None,
    panels: Annotated[
        int | None, typer.Option(help="Heat-map panels of test images to write a cell.", rich_help_panel=o.HOW)
    ] = None,
    costs: o.Costs = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Events as JSON lines.", rich_help_panel=o.HOW)] = False,
) -> None:
    """Fit and judge methods on every category; what is stored already is not run again."""
    settings = o.run_settings(
        config=config, datasets=datasets, categories=categories, methods=methods, seeds=seeds, split=split, set_=set_,
        backbone=backbone, weights=weights, image_size=image_size, protocol=protocol, data=data, results=results,
        policy=policy, workers=workers, cpus_per_worker=cpus_per_worker, gpus_per_worker=gpus_per_worker,
        address=address, device=device, panels=panels, costs=costs,
    )  # fmt: skip
    from harness.jobs.planning import make_plan

    planned = make_plan(settings, run_follows=True)
    carry_out(planned, settings, as_json=json_lines)
    if not json_lines:
        from harness.cli.show import show_run
        from harness.store import RecordStore

        show_run(RecordStore(settings.results).frame(), planned.cells)
        print(f"Records: {settings.results}. Tables for a paper: bench tables {_where(settings, planned)}")
    exit_by_failures(planned, settings, as_json=json_lines)


def carry_out(planned: "Planned", settings: "RunSettings", *, as_json: bool = False) -> None:
    """Check the cells of a plan and run them, telling what happens.

    Raises:
        BenchError: A cell is bound to fail; nothing was run.
        typer.Exit: With 130 after Ctrl-C.
    """
    # These load torch; a mistake in the command has been answered by now.
    from harness.cli.progress import Narrator
    from harness.execution.execute import execute
    from harness.execution.summary import RunInterrupted
    from harness.jobs.planning import check_cells

    narrator = Narrator.for_output(planned.plan, as_json=as_json)
    narrator.announce(planned, settings)
    if not planned.plan.cells:
        return
    check_cells(planned, settings)
    narrator.begin()
    try:
        with narrator:
            summary = execute(planned.plan.cells, settings, planned.datasets, planned.weights, narrator.on_event)
    except RunInterrupted as interruption:
        print(f"bench: {interruption}", file=sys.stderr)
        raise typer.Exit(130) from None
    narrator.close(summary)


def exit_by_failures(planned: "Planned", settings: "RunSettings", *, as_json: bool = False) -> None:
    """End with code 1, and say how to see why, where a cell of the plan has a failure for a record.

    Raises:
        typer.Exit: With 1, if so.
    """
    from harness.store import RecordStore

    statuses = RecordStore(settings.results).statuses()
    num_failed = sum(statuses.get(cell.id) == "failed" for cell in planned.cells)
    if num_failed:
        if not as_json:
            why = f"bench leaderboard --failed {_where(settings, planned)}"
            print(f"{num_failed} of {len(planned.cells)} cells failed; '{why}' shows why.")
        raise typer.Exit(1)


def _where(settings: "RunSettings", planned: "Planned") -> str:
    """The flags that lead a reading command to the records of this run."""
    return f"--results {settings.results}" + ("" if settings.split == PUBLISHED_SPLIT else f" --split {planned.split}")


def plan(
    datasets: o.Datasets = None,
    categories: o.Categories = None,
    methods: o.Methods = None,
    seeds: o.Seeds = None,
    split: o.Split = None,
    set_: o.Set = None,
    backbone: o.Backbone = None,
    weights: o.Weights = None,
    image_size: o.ImageSize = None,
    protocol: o.Protocol = None,
    config: o.Config = None,
    data: o.Data = None,
    results: o.Results = None,
    policy: o.Policy = None,
    as_json: Annotated[bool, typer.Option("--json", help="The plan as JSON.")] = False,
) -> None:
    """Show what 'bench run' would do with these flags, check it, and run nothing."""
    settings = o.run_settings(
        config=config, datasets=datasets, categories=categories, methods=methods, seeds=seeds, split=split, set_=set_,
        backbone=backbone, weights=weights, image_size=image_size, protocol=protocol, data=data, results=results,
        policy=policy,
    )  # fmt: skip
    from harness.jobs.planning import check_cells, make_plan, weights_notes

    planned = make_plan(settings)
    check_cells(planned, settings, may_download=False)
    rows = [(cell, "run") for cell in planned.plan.cells]
    rows += [(skipped.cell, f"skip: {skipped.reason}") for skipped in planned.plan.skipped]
    if as_json:
        fields = ("dataset", "category", "method", "seed")
        print(json.dumps([{"id": c.id, "action": action} | {f: getattr(c, f) for f in fields} for c, action in rows]))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("cell", "data set", "category", "method", "seed", "action")
    for cell, action in rows:
        table.add_row(cell.id, cell.dataset, cell.category, cell.method, str(cell.seed), action)
    Console().print(table)
    for note in weights_notes(planned):
        print(note)
    print(f"{len(planned.plan.cells)} to run, {len(planned.plan.skipped)} skipped. Nothing was run.")
