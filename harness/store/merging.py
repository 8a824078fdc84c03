"""Records of several stores brought into one; what disagrees is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.store.compaction import MANY_PARTS
from harness.store.store import RecordStore

_PROVENANCE = ("finished_at", "host")


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What a merge did."""

    num_copied: int
    """Records that the target did not have, or not as good or as new."""
    num_kept: int
    """Records of sources whose cells the target has already."""
    num_costs: int
    """Costs that were copied."""
    conflicts: tuple[str, ...]
    """One line for each cell that is finished on both sides with different results."""


def merge(target: RecordStore, sources: Sequence[RecordStore]) -> Merged:
    """Copy records, image scores and costs into a store, one cell at a time; the sources stay as they are.

    A finished cell goes before a failed one, and a later record before an earlier one. Interrupted, it goes on where
    it was when it is called again.

    Raises:
        StoreError: A store cannot be read or written; what was copied stays.
    """
    num_copied = num_kept = num_costs = 0
    conflicts: list[str] = []
    here = _rows(target)
    costs_here = target.costs()
    for source in sources:
        for cell_id, theirs in _rows(source).items():
            ours = here.get(cell_id)
            if ours is not None and _disagree(ours, theirs):
                kept, left = (theirs, ours) if _is_better(theirs, ours) else (ours, theirs)
                conflicts.append(_told(kept, left))
            if ours is None or _is_better(theirs, ours):
                target.write(source.record(cell_id))
                here[cell_id] = theirs
                num_copied += 1
                target.compact(at_least=MANY_PARTS, max_steps=1)
            else:
                num_kept += 1
        for cell_id, costs in source.costs().items():
            if cell_id not in costs_here or costs_here[cell_id].measured_at < costs.measured_at:
                target.write_costs(costs)
                costs_here[cell_id] = costs
                num_costs += 1
    return Merged(num_copied=num_copied, num_kept=num_kept, num_costs=num_costs, conflicts=tuple(conflicts))


def _rows(store: RecordStore) -> dict[str, dict[str, Any]]:
    return {row["cell_id"]: row for row in store.results().to_pylist()}


def _is_better(theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Whether a record takes the place of ours; one with the same results does not."""
    if theirs["status"] != ours["status"]:
        return bool(theirs["status"] == "ok")
    is_later = bool(theirs["finished_at"] > ours["finished_at"])
    return is_later and (theirs["status"] == "failed" or _disagree(theirs, ours))


def _disagree(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both are finished, and not with the same maps and metrics of the same images."""
    if "failed" in (one["status"], other["status"]):
        return False
    names = [name for name in one if name not in _PROVENANCE]
    return any(one[name] != other[name] for name in names)


def _told(kept: dict[str, Any], left: dict[str, Any]) -> str:
    def shown(row: dict[str, Any]) -> str:
        auroc = "none" if row["image_auroc"] is None else f"{row['image_auroc']:.6f}"
        return f"image AUROC {auroc} on {row['host']}, {row['finished_at']}"

    cell = f"{kept['dataset']}/{kept['category']} {kept['method']} seed {kept['seed']} (cell {kept['cell_id']})"
    return f"{cell}: kept {shown(kept)}; left out {shown(left)}"
