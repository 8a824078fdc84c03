from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from harness.leaderboard.robustness import UNDISTURBED, Robustness
from harness.leaderboard.tables import NOT_MEASURED, Table
from harness.metrics import Metric, catalogue
from harness.records import CellRecord, ImageScore
from tests.support import records as make

HIGHEST = Metric(name="highest", title="highest", needs="scores", compute=lambda tally: 0.75)
METRICS = ("image_auroc", "aupro_30")


def cell(
    auroc: float, *, method: str = "mfrnet", category: str = "gear", seed: int = 0, **condition: object
) -> CellRecord:
    identity = make.identity(method=method, category=category, seed=seed, **condition)
    return make.cell_record(identity=identity, image_auroc=auroc, aupro_30=auroc / 2)


def found(clean: Sequence[CellRecord], disturbed: Sequence[CellRecord]) -> Robustness:
    scores = {each.identity.cell_id: each.image_scores for each in (*clean, *disturbed)}
    return Robustness.of(make.frame(*clean), make.frame(*disturbed), scores.__getitem__, metrics=METRICS)


def values(table: Table) -> dict[str, list[float | None]]:
    return {row: [entry.mean for entry in entries] for row, entries in zip(table.rows, table.entries, strict=True)}


def test_each_row_has_its_values_and_what_it_loses_of_its_own_method() -> None:
    clean = [cell(0.9), cell(0.8, method="gaussian")]
    disturbed = [
        cell(0.7, corrupt="noise:5"),
        cell(0.85, corrupt="noise:1"),
        cell(0.4, method="gaussian", corrupt="noise:1"),
        cell(0.82, corrupt="blur:2"),
    ]
    table = found(clean, disturbed).table()
    assert table.rows == (
        "gaussian",
        "gaussian noise:1",
        "mfrnet",
        "mfrnet blur:2",
        "mfrnet noise:1",
        "mfrnet noise:5",
    )
    assert values(table)["mfrnet noise:5"] == pytest.approx([0.7, 0.2, 0.35, 0.1])
    assert values(table)["gaussian noise:1"] == pytest.approx([0.4, 0.4, 0.2, 0.2])
    assert values(table)["mfrnet"] == pytest.approx([0.9, 0.0, 0.45, 0.0])


def test_cells_are_paired_by_category_and_seed_and_nothing_else_counts() -> None:
    clean = [cell(0.9), cell(0.5, category="knob"), cell(0.7, seed=1), cell(0.6, category="knob", seed=1)]
    disturbed = [
        cell(0.8, corrupt="blur:2"),
        cell(0.4, category="knob", corrupt="blur:2"),
        # Of seed 1, and without a partner: other data, other settings.
        cell(0.1, corrupt="blur:2", seed=2),
        cell(0.1, corrupt="blur:2", data_fingerprint="changed"),
        cell(0.1, corrupt="blur:2", settings={"k": 3}),
    ]
    one = found(clean, disturbed)
    assert len(one.board.frame) == len(clean) + 2
    assert values(one.table())["mfrnet blur:2"][:2] == pytest.approx([0.6, 0.1])


def test_a_mean_with_a_missing_disturbed_cell_is_withheld() -> None:
    table = found([cell(0.9), cell(0.5, category="knob")], [cell(0.8, corrupt="blur:2")]).table()
    assert values(table)["mfrnet blur:2"] == [None] * 4
    assert any("mfrnet blur:2 on demo: missing knob seed 0" in note for note in table.notes)


def test_a_caption_names_no_disturbance_as_that_of_all_rows() -> None:
    table = found([cell(0.9)], [cell(0.8, corrupt="blur:2"), cell(0.7, contaminate=0.05)]).table()
    assert "corrupted" not in table.protocol
    assert "contaminated" not in table.protocol
    assert table.rows == ("mfrnet", "mfrnet blur:2", "mfrnet 5 % defects in training")


def test_a_contaminated_cell_is_set_against_the_images_that_both_test() -> None:
    rng = np.random.default_rng(0)
    names = [f"{number:02}" for number in range(40)]
    labels, before = np.arange(40) % 2 == 0, rng.random(40)
    is_tested = np.arange(40) >= 10

    def scored(record: CellRecord, kept: np.ndarray) -> tuple[ImageScore, ...]:  # type: ignore[type-arg]
        return tuple(
            ImageScore(image_id=names[row], is_defect=bool(labels[row]), defect_kind="", anomaly_score=before[row])
            for row in np.flatnonzero(kept)
        )

    clean, disturbed = cell(0.9), cell(0.5, contaminate=0.1)
    scores = {
        clean.identity.cell_id: scored(clean, np.ones(40, bool)),
        disturbed.identity.cell_id: scored(disturbed, is_tested),
    }
    one = Robustness.of(make.frame(clean), make.frame(disturbed), scores.__getitem__, metrics=METRICS)
    on_both = roc_auc_score(labels[is_tested], before[is_tested])
    table = one.table()
    assert values(table)["mfrnet 10 % defects in training"] == [0.5, pytest.approx(on_both - 0.5), 0.25, None]
    assert table.entries[1][3] == NOT_MEASURED
    assert "on the images that both cells test" in " ".join(table.remarks)
    assert one.rows["mfrnet", UNDISTURBED] == "mfrnet"


def test_a_metric_of_which_lower_is_better_is_lost_by_rising() -> None:
    clean = make.cell_record(identity=make.identity(), false_alarm_rate=0.05)
    disturbed = make.cell_record(identity=make.identity(corrupt="blur:2"), false_alarm_rate=0.3)
    one = Robustness.of(make.frame(clean), make.frame(disturbed), lambda cell: (), metrics=["false_alarm_rate"])
    assert values(one.table())["mfrnet blur:2"] == pytest.approx([0.3, 0.25])


def test_a_metric_of_a_plug_in_is_computed_where_records_have_it_and_else_not_defined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [EntryPoint("highest", f"{__name__}:HIGHEST", catalogue.ENTRY_POINTS)]
    monkeypatch.setattr("harness.registry.entry_points", lambda group: found)
    catalogue._plug_ins.cache_clear()
    try:
        scores = tuple(
            ImageScore(image_id=str(number), is_defect=number > 1, defect_kind="", anomaly_score=number / 4)
            for number in range(4)
        )
        for measured, expected in ({"highest": 0.75}, [0.75, 0.0]), ({}, [None, None]):
            clean, disturbed = (
                replace(found, metrics=found.metrics | measured)
                for found in (make.cell_record(identity=make.identity(contaminate=share)) for share in (None, 0.1))
            )
            frame, other = make.frame(clean), make.frame(disturbed)
            one = Robustness.of(frame, other, lambda cell: scores, metrics=["highest"])
            table = one.table()
            assert values(table)["mfrnet 10 % defects in training"] == expected
            assert any("highest on demo: not defined for tile" in note for note in table.notes) == (not measured)
    finally:
        catalogue._plug_ins.cache_clear()
