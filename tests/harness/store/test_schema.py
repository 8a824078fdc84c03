import math

import pandas as pd
import pytest

from harness.store.schema import table_of
from tests.support import records as make

FRAME_COLUMNS = """
cell_id dataset category method method_version seed settings protocol data_fingerprint weights_sha256 split limit
corrupt contaminate regime status
error
traceback image_auroc image_average_precision image_f1_max pixel_auroc pixel_average_precision pixel_f1_max aupro_30
aupro_05 spro_05 image_recall_01 image_recall_05 false_alarm_rate verdict_recall verdict_precision verdict_f1
seg_f1 class_f1 part_auroc overlap_curve num_train num_test_normal num_test_defect num_left_out num_unreadable
unreadable_ids threshold image_height_px image_width_px fit_seconds feature_seconds score_seconds num_parameters
num_frozen_parameters maps_sha256
latency_p50_seconds latency_p95_seconds images_per_second batch_size
batch_latency_p50_seconds batch_latency_p95_seconds batch_images_per_second size_bytes peak_memory_bytes
peak_device_memory_bytes code_commit code_dirty versions host device num_threads
num_workers num_processes command started_at finished_at schema_version is_quiet load_before load_after cost_host
cost_device cost_num_threads
"""


def test_frame_columns_are_exactly_these_in_this_order() -> None:
    assert list(make.frame().columns) == FRAME_COLUMNS.split()


def test_counts_stay_integers_beside_a_failed_record() -> None:
    frame = make.frame(
        make.cell_record(identity=make.identity(seed=0), num_train=7),
        make.failure_record(identity=make.identity(seed=1)),
    )
    assert frame["num_train"].dtype == pd.Int64Dtype()
    assert frame["num_train"].tolist() == [7, pd.NA]


def test_a_metric_that_does_not_exist_is_nan() -> None:
    frame = make.frame(make.cell_record(identity=make.identity(), pixel_auroc=None))
    assert frame["pixel_auroc"].isna().all()


def test_text_that_is_not_utf8_is_kept_escaped() -> None:
    record = make.failure_record(identity=make.identity(), error="DataError: bad\udcff.png is truncated")
    (row,) = table_of([record]).to_pylist()
    assert row["error"] == "DataError: bad\\udcff.png is truncated"


def test_a_metric_of_a_plug_in_is_a_column_of_the_frame() -> None:
    measured = make.cell_record(identity=make.identity(seed=0), metrics=make.METRICS | {"iou": 0.5})
    frame = make.frame(measured, make.cell_record(identity=make.identity(seed=1)))
    assert frame["iou"].tolist() == pytest.approx([0.5, math.nan], nan_ok=True)


def test_costs_take_the_place_of_those_of_the_run_and_say_where_they_were_measured() -> None:
    ids = [make.identity(seed=seed) for seed in range(2)]
    records = [make.cell_record(identity=each) for each in ids]
    frame = make.frame(
        *records, costs=[make.cost_record(ids[1].cell_id, load_after=0.25, host="quiet-1", num_threads=4)]
    )
    assert frame["fit_seconds"].tolist() == [12.5, 10.0]
    assert frame["size_bytes"].tolist() == [pd.NA, 14_000_000]
    assert frame["is_quiet"].tolist() == [False, True]
    assert frame["load_after"].tolist() == pytest.approx([math.nan, 0.25], nan_ok=True)
    assert frame["cost_host"].tolist() == ["bench-1", "quiet-1"]
    assert frame["cost_num_threads"].tolist() == [2, 4]
    assert frame["host"].tolist() == ["bench-1", "bench-1"]


def test_an_empty_frame_keeps_its_types() -> None:
    full = make.frame(make.cell_record(identity=make.identity()))
    assert make.frame().dtypes.equals(full.dtypes)
