"""``bench costs``."""

import typer

from harness.cli import options as o
from harness.config import RunSettings


@o.takes(
    RunSettings,
    without=("workers", "cpus_per_worker", "gpus_per_worker", "data_parallel", "address", "panels", "track"),
)
def costs(given: o.Given) -> None:
    """Measure time, memory and size of stored cells, one at a time; keep the machine otherwise idle meanwhile."""
    settings = o.run_settings(given)
    from harness.cells.machine_load import max_quiet_load
    from harness.jobs.costs import costs as measure
    from harness.phrasing import counted, duration_text
    from harness.plan import Cell
    from harness.records import CostRecord

    limit, failed, busy = max_quiet_load(), 0, 0

    def tell(cell: Cell, found: CostRecord | str) -> None:
        nonlocal failed, busy
        if isinstance(found, str):
            failed += 1
            print(f"{cell.label}: no costs: {found}", flush=True)
            return
        busy += not found.is_quiet
        load = max(found.load_before, found.load_after)
        note = (
            "" if found.is_quiet else f"; not quiet: other processes used {load:.1f} cores, at most {limit:.1f} allowed"
        )
        print(
            f"{cell.label}: fit {duration_text(found.fit_seconds)}, "
            f"latency {1000 * found.latency_p50_seconds:.1f} ms{note}",
            flush=True,
        )

    tried = measure(settings, tell)
    print(f"{counted(tried, 'cell')} measured, {failed} failed, {busy} on a busy machine.")
    if busy:
        print("Costs of a busy machine are stored but not ranked; repeat 'bench costs' when the machine is idle.")
    if failed:
        raise typer.Exit(1)
