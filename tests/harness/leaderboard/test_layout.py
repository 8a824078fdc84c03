import pytest

from harness.errors import StoreError, UnknownNameError
from harness.leaderboard import all_tables, category_table, main_table
from harness.store.schema import Record
from harness.tables import ColumnGroup
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
    table = main_table(make.frame(*RECORDS), metrics=METRICS)
    columns = ("image AUROC", "AUPRO")
    assert table.groups == (ColumnGroup(title="demo", columns=columns), ColumnGroup(title="mtd", columns=columns))
    assert table.rows == ("mfrnet", "gaussian")
    assert [[entry.mean for entry in row] for row in table.entries] == [
        [0.75, 0.85, 0.85, 0.85],
        [0.75, 0.85, None, None],
    ]
    assert (table.protocol, table.seeds) == (make.PROTOCOL, {"demo": (0,), "mtd": (0,)})


def test_a_tie_shares_the_first_place() -> None:
    table = main_table(make.frame(*RECORDS), metrics=["image_auroc"])
    assert [row[0].place for row in table.entries] == [1, 1]


def test_a_method_without_records_of_a_data_set_is_noted() -> None:
    assert main_table(make.frame(*RECORDS)).notes == ("gaussian on mtd: no records",)


def test_the_category_table_is_categories_by_metrics_by_methods_with_the_mean_last() -> None:
    table = category_table(make.frame(*RECORDS), "demo", metrics=METRICS)
    methods = ("gaussian", "mfrnet")
    assert table.groups == (
        ColumnGroup(title="image AUROC", columns=methods),
        ColumnGroup(title="AUPRO", columns=methods),
    )
    assert table.rows == ("gear", "tile", "mean")
    assert [[entry.mean for entry in row[:2]] for row in table.entries] == [[0.7, 0.9], [0.8, 0.6], [0.75, 0.75]]
    assert [[entry.place for entry in row[:2]] for row in table.entries] == [[2, 1], [1, 2], [1, 1]]
    assert table.num_summary_rows == 1


def test_the_mean_row_is_the_main_table_s_mean() -> None:
    frame = make.frame(*RECORDS)
    by_method = dict(zip(("gaussian", "mfrnet"), category_table(frame, "demo").entries[-1][:2], strict=True))
    main = main_table(frame)
    assert {row: entries[0].mean for row, entries in zip(main.rows, main.entries, strict=True)} == {
        row: entry.mean for row, entry in by_method.items()
    }


def test_notes_name_the_cells_that_withhold_a_mean() -> None:
    seeds = [cell("demo", category, "constant", 0.5, seed) for category in ("gear", "tile") for seed in (0, 1, 2)]
    kept = [cell("demo", "gear", "mfrnet", 0.9, seed) for seed in (0, 1)]
    table = main_table(make.frame(*seeds, *kept, failure("demo", "gear", "mfrnet", seed=2)))
    assert table.notes == ("mfrnet on demo: failed gear seed 2; missing tile seeds 0, 1, 2",)


def test_notes_stop_naming_cells_after_a_few() -> None:
    seeds = [cell("demo", category, "constant", 0.5) for category in "abcdefg"]
    table = main_table(make.frame(*seeds, failure("demo", "a", "mfrnet")))
    assert table.notes == (
        "mfrnet on demo: failed a seed 0; missing b seed 0, c seed 0, d seed 0, e seed 0, f seed 0 and 1 more",
    )


def test_notes_say_where_pixel_metrics_are_not_defined() -> None:
    without = make.cell_record(identity=make.identity(category="tile"), pixel_auroc=None, aupro_30=None)
    masked = make.cell_record(identity=make.identity(category="gear"))
    table = main_table(make.frame(without, masked), metrics=["image_auroc", "pixel_auroc", "aupro_30"])
    assert table.notes == ("pixel AUROC, AUPRO on demo: not defined for tile (no masks)",)


def test_two_settings_of_one_method_are_two_rows() -> None:
    frame = make.frame(cell("demo", "gear", "mfrnet", 0.9, k=3), cell("demo", "gear", "mfrnet", 0.8, k=4))
    assert main_table(frame).rows == ("mfrnet [k=3]", "mfrnet [k=4]")


def test_a_variant_has_one_label_in_all_tables() -> None:
    frame = make.frame(cell("demo", "gear", "mfrnet", 0.9, k=3), cell("mtd", "mtd", "mfrnet", 0.8, k=4))
    assert category_table(frame, "demo").groups[0].columns == ("mfrnet [k=3]",)


def test_all_tables_are_the_main_one_and_one_a_data_set() -> None:
    names = [table.name for table in all_tables(make.frame(*RECORDS))]
    assert names == ["main", "categories_demo", "categories_mtd"]


def test_several_protocols_are_refused() -> None:
    other = make.cell_record(identity=make.identity(protocol="other"))
    with pytest.raises(StoreError, match="Records of 2 protocols"):
        main_table(make.frame(*RECORDS, other))


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown metric 'image_auc'\. Did you mean 'image_auroc'\?"):
        main_table(make.frame(*RECORDS), metrics=["image_auc"])


def test_an_unknown_data_set_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Unknown data set 'mdt'"):
        category_table(make.frame(*RECORDS), "mdt")


def test_no_records_are_refused() -> None:
    with pytest.raises(StoreError, match="No records to make a table of"):
        all_tables(make.frame())
