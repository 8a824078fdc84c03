"""What the methods cost: time, memory and size. Only measurements of one quiet machine are ranked."""

from dataclasses import dataclass

import pandas as pd

from harness.leaderboard.board import Board
from harness.leaderboard.standings import Standings, placed
from harness.leaderboard.tables import NOT_MEASURED, Column, Entry, Quantity, Table
from harness.phrasing import counted


@dataclass(frozen=True, kw_only=True)
class _Cost:
    """A column of records and how a table shows it."""

    record_column: str
    title: str
    quantity: Quantity
    higher_is_better: bool = False
    is_peak: bool = False
    """Shown as the largest value of any cell, not as their median."""
    is_ranked: bool = True
    needs_quiet: bool = True
    """Depends on what else runs on the machine, so only values of a quiet machine are ranked."""
    is_batched: bool = False
    """Depends on the number of images scored at once."""


_COSTS = (
    _Cost(record_column="fit_seconds", title="fit", quantity="duration"),
    # Only the first method of a run computes the features; the others find them in the cache.
    _Cost(record_column="feature_seconds", title="features", quantity="duration", is_ranked=False),
    _Cost(record_column="latency_p50_seconds", title="p50", quantity="latency"),
    _Cost(record_column="latency_p95_seconds", title="p95", quantity="latency"),
    _Cost(record_column="images_per_second", title="batch 1", quantity="rate", higher_is_better=True),
    _Cost(
        record_column="batch_images_per_second",
        title="batch",
        quantity="rate",
        higher_is_better=True,
        is_batched=True,
    ),
    _Cost(record_column="peak_memory_bytes", title="memory", quantity="memory", is_peak=True),
    _Cost(record_column="peak_device_memory_bytes", title="device", quantity="memory", is_peak=True),
    _Cost(record_column="num_parameters", title="learned", quantity="parameters", needs_quiet=False),
    _Cost(record_column="num_frozen_parameters", title="frozen", quantity="parameters", needs_quiet=False),
    _Cost(record_column="size_bytes", title="on disk", quantity="size", needs_quiet=False),
)
_MEANINGS = (
    ({"features"}, "Features: time of the frozen backbone, near 0 where another cell had left them in the cache."),
    ({"p50", "p95", "batch 1"}, "Latency (p50, p95) and throughput (batch 1) of single images."),
    ({"memory", "device"}, "Memory: the most that any cell held, of the process and of the device."),
    ({"learned", "frozen"}, "Learned, frozen: parameters."),
)


def cost_table(board: Board) -> Table | None:
    """Methods x costs for each data set: medians over categories and seeds, peaks for memory.

    A cost that no record holds has no column. The time of features is not ranked, because the first method of a run
    computes them and the others find them in the cache. Other costs are ranked within a data set if all its finished
    cells ran on one host, device and number of threads, and throughput in batches also needs one batch size. Times
    and memory are ranked only among rows whose every cell was measured on a quiet machine (column ``is_quiet``).

    Returns:
        The table; None where no record holds a cost.
    """
    costs = [cost for cost in _COSTS if board.frame[cost.record_column].notna().any()]
    if not costs:
        return None
    rows = board.best_first(board.standings)
    finished = {one.dataset: board.finished(one.dataset) for one in board.standings}
    machines = {dataset: machines_of(cells) for dataset, cells in finished.items()}
    sizes = {
        dataset: sorted(int(size) for size in cells["batch_size"].dropna().unique())
        for dataset, cells in finished.items()
    }
    loud = {dataset: _loud_rows(cells) for dataset, cells in finished.items()}

    def column(one: Standings, cost: _Cost) -> list[Entry]:
        entries = [_entry(one, row, cost) for row in rows]
        comparable = len(machines[one.dataset]) == 1 and (len(sizes[one.dataset]) == 1 or not cost.is_batched)
        if not (cost.is_ranked and comparable):
            return entries
        unranked = loud[one.dataset] if cost.needs_quiet else {}
        kept = [number for number, row in enumerate(rows) if row not in unranked]
        among = placed([entries[number] for number in kept], lower_is_better=not cost.higher_is_better)
        for number, entry in zip(kept, among, strict=True):
            entries[number] = entry
        return entries

    measured = board.measured([cost.record_column for cost in costs])
    columns = [column(one, cost) for one in measured for cost in costs]
    all_sizes = sorted(set().union(*sizes.values()))
    batch = f"batch {all_sizes[0]}" if len(all_sizes) == 1 else "batch"
    titles = [batch if cost.is_batched else cost.title for cost in costs]
    return board.table(
        board.standings,
        {row: row for row in rows},
        metrics=(),
        notes=[
            *_several_machines(machines),
            *_loud_notes(loud),
            *(_several_sizes(sizes) if batch == "batch" and batch in titles else ()),
        ],
        name="cost",
        title="Costs on each data set",
        row_title="Method",
        groups=tuple(one.dataset for one in board.standings),
        columns=tuple(
            Column(title=title, quantity=cost.quantity, lower_is_better=not cost.higher_is_better)
            for title, cost in zip(titles, costs, strict=True)
        ),
        rows=tuple(rows),
        entries=tuple(zip(*columns, strict=True)),
        remarks=(
            *(text for about, text in _MEANINGS if not about.isdisjoint(titles)),
            *_one_machine_each(machines),
            *(() if any(loud.values()) else ("Measured by 'bench costs' on an otherwise quiet machine.",)),
        ),
    )


def _entry(one: Standings, row: str, cost: _Cost) -> Entry:
    # No spread over seeds: for a cost it shows what else ran on the machine.
    entry = (one.largest if cost.is_peak else one.median)(row, cost.record_column)
    is_complete = row in one.rows and not one.incomplete(row, ())
    return NOT_MEASURED if entry.mean is None and is_complete else entry


def is_quiet(finished: pd.DataFrame) -> bool:
    """Whether all these cells were measured on an otherwise quiet machine; False for older records."""
    return "is_quiet" in finished and bool(finished["is_quiet"].fillna(False).astype(bool).all())


def _loud_rows(finished: pd.DataFrame) -> dict[str, str]:
    """Row label to how it was measured, for rows with a cell that was not measured on a quiet machine."""
    found = {}
    for row, cells in finished.groupby("row"):
        if not is_quiet(cells):
            workers = cells["num_workers"].max() if "num_workers" in cells else None
            measured = f"measured while {counted(int(workers), 'worker')} ran" if pd.notna(workers) else ""
            found[str(row)] = measured or "load of the machine not recorded"
    return found


def _loud_notes(loud: dict[str, dict[str, str]]) -> list[str]:
    rows: dict[tuple[str, str], list[str]] = {}
    for dataset, of_rows in loud.items():
        for row, how in of_rows.items():
            rows.setdefault((dataset, how), []).append(row)
    return [f"{', '.join(of)} on {dataset}: times and memory not ranked ({how})" for (dataset, how), of in rows.items()]


def machines_of(finished: pd.DataFrame) -> list[str]:
    """``bench-1 (cpu, 2 threads)`` for each machine that measured the costs of these cells."""
    found = finished[["cost_host", "cost_device", "cost_num_threads"]].drop_duplicates()
    texts = []
    for host, device, threads in found.itertuples(index=False, name=None):
        shown = "" if pd.isna(threads) else f", {counted(int(threads), 'thread')}"
        texts.append(f"{host} ({device}{shown})")
    return sorted(texts)


def _one_machine_each(machines: dict[str, list[str]]) -> list[str]:
    """The caption's sentence on the machine of each data set that one machine measured."""
    single = {dataset: texts[0] for dataset, texts in machines.items() if len(texts) == 1}
    if not single:
        return []
    if len(set(single.values())) == 1 and len(single) == len(machines):
        return [f"Measured on {next(iter(single.values()))}."]
    return [f"Measured on: {'; '.join(f'{dataset} {text}' for dataset, text in single.items())}."]


def _several_machines(machines: dict[str, list[str]]) -> list[str]:
    return [
        f"{dataset}: not ranked, measured on several machines: {', '.join(texts)}"
        for dataset, texts in machines.items()
        if len(texts) > 1
    ]


def _several_sizes(sizes: dict[str, list[int]]) -> list[str]:
    return [
        f"{dataset}: batches of {', '.join(map(str, found))} images" + (", so not ranked" if len(found) > 1 else "")
        for dataset, found in sizes.items()
        if found
    ]
