"""Records for tests: factories with plain defaults, and Hypothesis strategies for any record."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from harness.records import CellIdentity, CellRecord, CostRecord, FailureRecord, ImageScore, Provenance
from harness.store.schema import Record, costs_table_of, frame_of, joined_table, table_of

PROTOCOL = "mfrnet-bench-1/192/keep/127"


def identity(
    *,
    dataset: str = "demo",
    category: str = "tile",
    method: str = "mfrnet",
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    **changes: Any,
) -> CellIdentity:
    """An identity whose ``cell_id`` is made of its parts, and so differs where they differ."""
    settings_json = json.dumps(settings or {}, sort_keys=True, separators=(",", ":"))
    values: dict[str, Any] = {
        "dataset": dataset,
        "category": category,
        "method": method,
        "method_version": 1,
        "seed": seed,
        "settings": settings_json,
        "protocol": PROTOCOL,
        "data_fingerprint": f"{dataset}-{category}",
        "weights_sha256": "",
    } | changes
    values.setdefault("cell_id", hashlib.sha256(repr(values).encode()).hexdigest()[:16])
    return CellIdentity(**values)


def provenance(**changes: Any) -> Provenance:
    values: dict[str, Any] = {
        "code_commit": "0" * 40,
        "code_dirty": False,
        "versions": '{"torch":"2.6.0"}',
        "host": "bench-1",
        "device": "cpu",
        "num_threads": 2,
        "command": "bench run --datasets all",
        "started_at": "2025-01-01T00:00:00+00:00",
        "finished_at": "2025-01-01T00:01:00+00:00",
    }
    return Provenance(**(values | changes))


PROVENANCE = provenance()


METRICS: dict[str, float | None] = {
    "image_auroc": 0.9,
    "image_average_precision": 0.8,
    "image_f1_max": 0.7,
    "pixel_auroc": 0.95,
    "pixel_average_precision": 0.4,
    "pixel_f1_max": 0.5,
    "aupro_30": 0.85,
    "aupro_05": 0.6,
    "spro_05": None,
    "image_recall_01": 0.3,
    "image_recall_05": 0.6,
    "false_alarm_rate": None,
    "verdict_recall": None,
    "verdict_precision": None,
    "verdict_f1": None,
    "seg_f1": None,
    "class_f1": None,
    "part_auroc": None,
}


def cell_record(*, identity: CellIdentity, provenance: Provenance = PROVENANCE, **changes: Any) -> CellRecord:
    """A finished cell; ``changes`` are fields, or metrics by their names."""
    changed = {name: changes.pop(name) for name in METRICS.keys() & changes.keys()}
    values: dict[str, Any] = {
        "metrics": METRICS | changed,
        "overlap_curve": (0.0, 0.5, 0.875),
        "num_train": 40,
        "num_test_normal": 20,
        "num_test_defect": 20,
        "num_left_out": 0,
        "image_height_px": 128,
        "image_width_px": 128,
        "fit_seconds": 12.5,
        "feature_seconds": 3.25,
        "score_seconds": 0.5,
        "num_parameters": 123_456,
        "num_frozen_parameters": 2_782_784,
        "maps_sha256": "ab" * 32,
        "image_scores": (
            ImageScore(image_id="test/good/000.png", is_defect=False, defect_kind="", anomaly_score=0.25),
            ImageScore(image_id="test/scratch/000.png", is_defect=True, defect_kind="scratch", anomaly_score=1.5),
        ),
    }
    return CellRecord(identity=identity, provenance=provenance, **(values | changes))


def cost_record(cell_id: str, **changes: Any) -> CostRecord:
    values: dict[str, Any] = {
        "fit_seconds": 10.0,
        "latency_p50_seconds": 0.01,
        "latency_p95_seconds": 0.015,
        "images_per_second": 90.0,
        "batch_size": 8,
        "batch_latency_p50_seconds": 0.05,
        "batch_latency_p95_seconds": 0.06,
        "batch_images_per_second": 150.0,
        "peak_memory_bytes": 500_000_000,
        "peak_device_memory_bytes": None,
        "size_bytes": 14_000_000,
        "load_before": 0.0,
        "load_after": 0.1,
        "is_quiet": True,
        "num_cores": 4,
        "num_threads": 2,
        "host": "bench-1",
        "device": "cpu",
        "versions": "{}",
        "measured_at": "2025-02-01T00:00:00+00:00",
    }
    return CostRecord(cell_id=cell_id, **(values | changes))


def failure_record(*, identity: CellIdentity, provenance: Provenance = PROVENANCE, **changes: Any) -> FailureRecord:
    values: dict[str, Any] = {
        "error": "DataError: test/good/000.png is truncated",
        "traceback": "Traceback (most recent call last):\n  ...\n",
    }
    return FailureRecord(identity=identity, provenance=provenance, **(values | changes))


def frame(*records: Record, costs: Iterable[CostRecord] = ()) -> pd.DataFrame:
    """What a store that holds these records returns as its frame, in the order given."""
    return frame_of(joined_table(table_of(records), costs_table_of(costs)))


_counts = st.integers(min_value=0, max_value=2**62)
_fractions = st.floats(min_value=0, max_value=1)
_texts = st.text(max_size=8)
_names = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/."), min_size=1, max_size=8)
_objects = st.dictionaries(_texts, _counts, max_size=2).map(json.dumps)
_OF_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: _texts,
    str | None: st.none() | _texts,
    int: _counts,
    int | None: st.none() | _counts,
    float: st.floats(allow_nan=False, allow_infinity=False),
    float | None: st.none() | st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    tuple[float, ...] | None: st.none() | st.lists(_fractions, max_size=4).map(tuple),
}


def _any(kind: Any, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any record of a kind; ``given`` are fields whose type does not say enough."""
    return st.builds(kind, **{each.name: _OF_TYPE.get(each.type) for each in fields(kind)} | given)


_of_a_cell: dict[str, st.SearchStrategy[Any]] = {
    "identity": _any(
        CellIdentity,
        cell_id=st.text("0123456789abcdef", min_size=16, max_size=16),
        **dict.fromkeys(("dataset", "category", "method"), _names),
        settings=_objects,
    ),
    "provenance": _any(Provenance, versions=_objects),
}
_metrics = st.fixed_dictionaries(
    dict.fromkeys(METRICS, st.none() | _fractions), optional={"plug_in": st.none() | _fractions}
)
_image_scores = st.lists(_any(ImageScore), max_size=4).map(tuple)
_ids = st.lists(_texts, max_size=2).map(json.dumps)
records = _any(CellRecord, metrics=_metrics, image_scores=_image_scores, unreadable_ids=_ids, **_of_a_cell) | _any(
    FailureRecord, **_of_a_cell
)
