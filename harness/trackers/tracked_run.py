"""A record as trackers take it: a name, parameters, tags, metrics and the loss curve."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from harness.records import CellRecord, FailureRecord


@dataclass(frozen=True, kw_only=True)
class TrackedRun:
    """One cell that ended, good or failed."""

    name: str
    """``mvtec_ad/bottle mfrnet seed 0``."""
    params: Mapping[str, str | int | float | bool]
    """The method's settings; a setting within a setting has a dot in its name, and lists are JSON."""
    tags: Mapping[str, str]
    """What the cell is and how it ran."""
    metrics: Mapping[str, float]
    """Metric to its value in [0, 1]; without those that are not defined, and empty for a failed cell."""
    losses: tuple[tuple[int, float], ...] = ()
    """Step of training to its loss, as far as the run told them."""

    @classmethod
    def of(cls, record: CellRecord | FailureRecord, losses: Iterable[tuple[int, float]] = ()) -> Self:
        """Make a run of a record.

        Args:
            record: From the store.
            losses: Step and loss, in the order of training.
        """
        cell, ran = record.identity, record.provenance
        tags = {
            "cell_id": cell.cell_id,
            "dataset": cell.dataset,
            "category": cell.category,
            "method": cell.method,
            "method_version": str(cell.method_version),
            "seed": str(cell.seed),
            "split": cell.split,
            "protocol": cell.protocol,
            "limit": "none" if cell.limit is None else str(cell.limit),
            "corrupt": cell.corrupt or "none",
            "contaminate": "none" if cell.contaminate is None else str(cell.contaminate),
            "regime": cell.regime,
            "data_fingerprint": cell.data_fingerprint,
            "weights_sha256": cell.weights_sha256 or "none",
            "code_commit": ran.code_commit or "none",
            "host": ran.host,
            "device": ran.device,
            **{f"version.{name}": version for name, version in json.loads(ran.versions).items()},
        }
        if isinstance(record, FailureRecord):
            tags |= {"status": "failed", "error": record.error}
        else:
            tags["status"] = "ok"
        metrics = {} if isinstance(record, FailureRecord) else record.metrics
        return cls(
            name=f"{cell.dataset}/{cell.category} {cell.method} seed {cell.seed}",
            params=_flat(json.loads(cell.settings)),
            tags=tags,
            metrics={name: value for name, value in metrics.items() if value is not None},
            losses=tuple(losses),
        )


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str | int | float | bool]:
    flat: dict[str, str | int | float | bool] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, str | int | float | bool):
            flat[f"{prefix}{name}"] = value
        else:
            flat[f"{prefix}{name}"] = json.dumps(value, separators=(",", ":"))
    return flat
