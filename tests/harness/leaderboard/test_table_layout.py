import json

import pytest

from harness.config.protocol import words_of
from harness.errors import StoreError, UnknownNameError
from harness.leaderboard import Board, ablation_table, all_tables, category_table, main_table
from harness.leaderboard.intervals import Intervals
from harness.leaderboard.published_numbers import PublishedResult
from harness.leaderboard.tables import NOT_MEASURED, Entry
from harness.metrics import Metric, catalogue
from harness.report.wording import caption
from harness.store.schema import Record
from tests.support import records as make


def cell(dataset: str, category: str, method: str, value: float, seed: int = 0, k: int = 3) -> Record:
    identity = make.identity(dataset=dataset, category=category, method=method, seed=seed, settings={"k": k})
    return make.cell_record(identity=identity, image_auroc=value)


METRICS = ["image_auroc", "aupro_30"]
RECORDS = [
    cell("demo", "gear", "gaussian", 0.7),
    cell("demo", "tile", "gaussian", 0.8),
    cell("demo", "gear", "mfrnet", 0.9),
    cell("demo", "tile", "mfrnet", 0.6),
    cell("mtd", "mtd", "mfrnet", 0.85),
]


def failure(dataset: str, category: str, method: str, seed: int = 0) -> Record:
    identity = make.identity(dataset=dataset, category=category, method=method, seed=seed, settings={"k": 3})
    return make.failure_record(identity=identity)


def test_the_main_table_is_methods_by_data_sets_by_metrics() -> None:
    table = main_table(Board.of(make.frame(*RECORDS), METRICS))
    assert table.groups == ("demo", "mtd")
    assert [column.title for column in table.columns] == ["image AUROC", "AUPRO"]
    assert table.rows == ("mfrnet", "gaussian")
    assert [[entry.mean for entry in row] for row in table.entries] == [
        [0.75, 0.85, 0.85, 0.85],
        [0.75, 0.85, None, None],
    ]
    assert (table.protocol, table.seeds) == (words_of(make.PROTOCOL), {"demo": (0,), "mtd": (0,)})


def test_a_method_without_records_of_a_data_set_is_noted() -> None:
    assert main_table(Board.of(make.frame(*RECORDS))).notes == ("gaussian on mtd: no records",)


def test_rows_whose_cells_went_on_without_unreadable_images_are_noted() -> None:
    def partial(category: str, seed: int, *ids: str) -> Record:
        identity = make.identity(dataset="demo", category=category, seed=seed, settings={"k": 3})
        return make.cell_record(identity=identity, num_unreadable=len(ids), unreadable_ids=json.dumps(ids))

    records = [partial("gear", 0, "a", "b"), partial("gear", 1, "b", "c"), partial("tile", 0, "d")]
    whole = [cell("demo", category, "mfrnet", 0.5, seed=1) for category in ("tile",)]
    note = "mfrnet on demo: without images that cannot be read: 3 images of gear, 1 image of tile"
    board = Board.of(make.frame(*records, *whole))
    assert main_table(board).notes == (note,)
    assert category_table(board, "demo").notes == (note,)


def test_the_category_table_is_categories_by_metrics_by_methods_with_the_mean_last() -> None:
    table = category_table(Board.of(make.frame(*RECORDS), METRICS), "demo")
    assert table.groups == ("image AUROC", "AUPRO")
    assert [column.title for column in table.columns] == ["gaussian", "mfrnet"]
    assert table.rows == ("gear", "tile", "mean")
    assert [[entry.mean for entry in row[:2]] for row in table.entries] == [[0.7, 0.9], [0.8, 0.6], [0.75, 0.75]]
    assert [[entry.place for entry in row[:2]] for row in table.entries] == [[2, 1], [1, 2], [1, 1]]
    assert table.num_summary_rows == 1


def test_notes_name_the_cells_that_withhold_a_mean() -> None:
    seeds = [cell("demo", category, "constant", 0.5, seed) for category in ("gear", "tile") for seed in (0, 1, 2)]
    kept = [cell("demo", "gear", "mfrnet", 0.9, seed) for seed in (0, 1)]
    table = main_table(Board.of(make.frame(*seeds, *kept, failure("demo", "gear", "mfrnet", seed=2))))
    assert table.notes == ("mfrnet on demo: failed gear seed 2; missing tile seeds 0, 1, 2",)


def test_notes_stop_naming_cells_after_a_few() -> None:
    seeds = [cell("demo", category, "constant", 0.5) for category in "abcdefg"]
    table = main_table(Board.of(make.frame(*seeds, failure("demo", "a", "mfrnet"))))
    assert table.notes == (
        "mfrnet on demo: failed a seed 0; missing b seed 0, c seed 0, d seed 0, e seed 0, f seed 0 and 1 more",
    )


def test_notes_say_where_pixel_metrics_are_not_defined() -> None:
    without = make.cell_record(identity=make.identity(category="tile"), pixel_auroc=None, aupro_30=None)
    masked = make.cell_record(identity=make.identity(category="gear"))
    table = main_table(Board.of(make.frame(without, masked), ["image_auroc", "pixel_auroc", "aupro_30"]))
    assert table.notes == ("pixel AUROC, AUPRO on demo: not defined for tile (no masks, or no defect pixel in them)",)


def test_two_settings_of_one_method_are_two_rows() -> None:
    frame = make.frame(cell("demo", "gear", "mfrnet", 0.9, k=3), cell("demo", "gear", "mfrnet", 0.8, k=4))
    assert main_table(Board.of(frame)).rows == ("mfrnet [k=3]", "mfrnet [k=4]")


def test_a_variant_has_one_label_in_all_tables() -> None:
    frame = make.frame(cell("demo", "gear", "mfrnet", 0.9, k=3), cell("mtd", "mtd", "mfrnet", 0.8, k=4))
    assert [column.title for column in category_table(Board.of(frame), "demo").columns] == ["mfrnet [k=3]"]


def test_rows_with_other_seeds_are_named() -> None:
    seeds = [cell("demo", "gear", method, 0.5, seed) for method in ("mfrnet", "padim") for seed in (0, 1)]
    table = main_table(
        Board.of(make.frame(*seeds, cell("demo", "gear", "constant", 0.5), cell("mtd", "mtd", "constant", 0.5)))
    )
    assert table.seeds == {"demo": (0, 1), "mtd": (0,)}
    assert table.own_seeds == {"constant": {"demo": (0,)}}
    assert [entries[0].mean for entries in table.entries] == [0.5, 0.5, 0.5]


def test_the_seeds_of_most_rows_are_the_table_s_and_of_as_many_the_longer() -> None:
    records = [cell("demo", "gear", "a", 0.5), cell("demo", "gear", "b", 0.5)]
    more = [cell("demo", "gear", "c", 0.5, seed) for seed in (0, 1)]
    assert main_table(Board.of(make.frame(*records, *more))).own_seeds == {"c": {"demo": (0, 1)}}
    assert main_table(Board.of(make.frame(records[0], *more))).own_seeds == {"a": {"demo": (0,)}}


INTERVALS = Intervals(
    ends={
        ("demo", "mean", "mfrnet", "image_auroc"): (0.5, 0.9),
        ("demo", "gear", "mfrnet", "image_auroc"): (0.8, 0.95),
        ("mtd", "mean", "gaussian", "image_auroc"): (0.1, 0.2),
    }
)


def test_intervals_stand_beside_their_means_and_not_beside_withheld_ones() -> None:
    main = main_table(Board.of(make.frame(*RECORDS), METRICS, intervals=INTERVALS))
    assert [(entry.low, entry.high) for entry in main.entries[0]] == [(0.5, 0.9), (None, None), *[(None, None)] * 2]
    assert main.entries[1][2] == Entry(mean=None)
    categories = category_table(Board.of(make.frame(*RECORDS), ["image_auroc"], intervals=INTERVALS), "demo")
    assert [row[1].low for row in categories.entries] == [0.8, None, 0.5]


def published(method: str, dataset: str, source: str = "its paper", **percent: float) -> PublishedResult:
    return PublishedResult(method=method, dataset=dataset, percent=percent, source=source, read="2026-08")


def test_published_results_are_a_block_without_places() -> None:
    table = main_table(
        Board.of(make.frame(*RECORDS), METRICS),
        published=[
            published("PatchCore", "mtd", image_auroc=97.5, aupro_30=68.6),
            published("PatchCore", "demo", source="a blog", image_auroc=99.9),
            published("RD4AD", "visa", image_auroc=96.0),
            published("DRAEM", "mtd", pixel_auroc=66.0),
        ],
    )
    (row,) = table.reported
    assert (row.label, row.source) == ("PatchCore", "mtd: its paper; demo: a blog")
    assert row.entries == (Entry(mean=0.999), NOT_MEASURED, Entry(mean=0.975), Entry(mean=0.686))
    assert [entries[0].place for entries in table.entries] == [1, 1]


def test_data_sets_of_one_source_are_named_together() -> None:
    results = [published("PatchCore", name, image_auroc=97.5) for name in ("mtd", "demo")]
    assert main_table(Board.of(make.frame(*RECORDS)), published=results).reported[0].source == "mtd, demo: its paper"


KEYED = Intervals(ends={("demo", "mean", "mfrnet [k=3]", "image_auroc"): (0.85, 0.95)})
ABLATION = [
    cell("demo", "gear", "mfrnet", value, seed, k=k) for k, value in ((2, 0.8), (3, 0.9), (10, 0.7)) for seed in (0, 1)
]


def test_an_ablation_is_settings_by_data_sets_with_the_reference_first() -> None:
    frame = make.frame(*ABLATION, cell("mtd", "mtd", "gaussian", 0.5))
    frame = frame.assign(finished_at=[f"2025-01-0{day}" for day in range(1, 8)])
    table = ablation_table(Board.of(frame, ["image_auroc"], intervals=KEYED), "mfrnet")
    assert (table.name, table.groups) == ("ablation_mfrnet", ("demo",))
    assert table.rows == ("reference", "k=3", "k=10")
    assert [(row[0].mean, row[0].place, row[0].low) for row in table.entries] == [
        (0.8, 2, None),
        (0.9, 1, 0.85),
        (0.7, 3, None),
    ]
    assert table.remarks[0] == "Reference: k=2."


def test_a_control_stands_below_the_settings_and_is_ranked_with_them() -> None:
    records = [*ABLATION, *(cell("demo", "gear", "gaussian", 0.85, seed) for seed in (0, 1))]
    table = ablation_table(
        Board.of(make.frame(*records), ["image_auroc"]), "mfrnet", reference='{"k":3}', controls=["gaussian"]
    )
    assert table.rows == ("reference", "k=2", "k=10", "control: gaussian")
    assert [row[0].place for row in table.entries] == [1, 3, 4, 2]
    assert table.remarks == ("Reference: k=3.",)


def test_notes_and_seeds_of_an_ablation_use_its_labels() -> None:
    failed = make.failure_record(identity=make.identity(category="gear", settings={"k": 4}))
    table = ablation_table(Board.of(make.frame(*ABLATION, failed)), "mfrnet")
    assert table.notes == ("k=4 on demo: failed gear seed 0",)
    assert table.own_seeds == {"k=4": {"demo": (0,)}}


def test_an_ablation_of_an_unknown_method_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Unknown method 'mfrnt'"):
        ablation_table(Board.of(make.frame(*ABLATION)), "mfrnt")


def test_all_tables_are_main_categories_costs_and_an_ablation_a_method_with_several_settings() -> None:
    names = [table.name for table in all_tables(Board.of(make.frame(*ABLATION, cell("mtd", "mtd", "gaussian", 0.5))))]
    assert names == ["main", "categories_demo", "categories_mtd", "cost", "ablation_mfrnet"]


def test_a_colon_in_a_method_s_name_is_none_in_the_table_s() -> None:
    frame = make.frame(*(cell("demo", "gear", "package:Class", 0.5, k=k) for k in (1, 2)))
    assert all_tables(Board.of(frame))[-1].name == "ablation_package.Class"


def test_without_costs_there_is_no_table_of_them() -> None:
    names = [table.name for table in all_tables(Board.of(make.frame(failure("demo", "gear", "mfrnet"))))]
    assert names == ["main", "categories_demo"]


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown metric 'image_auc'\. Did you mean 'image_auroc'\?"):
        Board.of(make.frame(*RECORDS), ["image_auc"])


def test_an_unknown_data_set_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Unknown data set 'mdt'"):
        category_table(Board.of(make.frame(*RECORDS)), "mdt")


def test_no_records_are_refused() -> None:
    with pytest.raises(StoreError, match="There are no records to show"):
        Board.of(make.frame())


def test_a_metric_of_which_lower_is_better_is_ranked_by_its_lowest(monkeypatch: pytest.MonkeyPatch) -> None:
    error = Metric(name="aupro_30", title="error", needs="masks", compute=min, higher_is_better=False)
    monkeypatch.setitem(catalogue._BUILT_IN, "aupro_30", error)
    records = [
        make.cell_record(identity=make.identity(method=method, settings={}), aupro_30=value)
        for method, value in (("good", 0.1), ("bad", 0.3))
    ]
    board = Board.of(make.frame(*records), ["aupro_30"])
    main, categories = main_table(board), category_table(board, "demo")
    assert (main.rows, [row[0].place for row in main.entries]) == (("good", "bad"), [1, 2])
    assert [entry.place for entry in categories.entries[0]] == [1, 2]
    assert (main.columns[0].title, categories.groups) == ("error ↓", ("error ↓",))
    assert "Percent, higher is better except with ↓;" in caption(main)


def test_data_sets_may_have_splits_of_their_own() -> None:
    frame = make.frame(*RECORDS)
    frame.loc[frame["dataset"] == "mtd", "split"] = "fold-1"
    assert main_table(Board.of(frame)).split == "for mtd fold-1; for demo published"


def test_a_caption_says_that_the_records_are_of_a_smoke_run() -> None:
    limited = make.cell_record(identity=make.identity(limit=8))
    text = caption(main_table(Board.of(make.frame(limited), METRICS)))
    assert "; a smoke run, at most 8 training, 8 normal test and 8 defect test images of each category." in text
    assert "smoke" not in caption(main_table(Board.of(make.frame(*RECORDS), METRICS)))


def test_limited_records_and_others_stand_in_no_table_together() -> None:
    limited = make.cell_record(identity=make.identity(limit=8, seed=1))
    with pytest.raises(StoreError, match=r"Expected records of one limit, got none, 8\. Choose one with --limit\."):
        Board.of(make.frame(limited, *RECORDS), METRICS)
