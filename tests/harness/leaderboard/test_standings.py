import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.leaderboard.standings import Standings, placed
from harness.leaderboard.tables import NOT_DEFINED, WITHHELD, Entry
from harness.store.schema import Record
from tests.support import records as make

SCORES = {("gear", 0): 0.5, ("gear", 1): 0.75, ("tile", 0): 0.25, ("tile", 1): 1.0}


def cell(category: str, seed: int, value: float, method: str = "mfrnet", **results: float | None) -> Record:
    identity = make.identity(category=category, seed=seed, method=method)
    return make.cell_record(identity=identity, image_auroc=value, **results)


def standings(*records: Record) -> Standings:
    frame = make.frame(*records)
    return Standings.of(frame.assign(row=frame["method"]), ["image_auroc", "pixel_auroc"])


FULL = [cell(*key, value) for key, value in SCORES.items()]


def test_the_mean_is_over_categories_and_seeds() -> None:
    assert standings(*FULL).mean("mfrnet", "image_auroc").mean == 0.625


def test_the_std_is_over_seeds_of_the_mean_over_categories() -> None:
    third = [cell("gear", 2, 0.25), cell("tile", 2, 0.25)]
    expected = statistics.stdev([(0.5 + 0.25) / 2, (0.75 + 1.0) / 2, 0.25])
    assert standings(*FULL, *third).mean("mfrnet", "image_auroc").std == pytest.approx(expected)


def test_one_seed_has_no_std() -> None:
    assert standings(FULL[0], FULL[2]).mean("mfrnet", "image_auroc") == Entry(mean=0.375)


def test_a_category_has_its_own_mean_and_std() -> None:
    entry = standings(*FULL, cell("gear", 2, 1.0)).category("gear", "mfrnet", "image_auroc")
    assert (entry.mean, entry.std) == (0.75, pytest.approx(statistics.stdev([0.5, 0.75, 1.0])))


@pytest.mark.parametrize(("values", "why"), [((0.5, 0.75), "few seeds"), ((0.5, 0.5, 0.5), "same value")])
def test_without_a_spread_over_seeds_there_is_no_std(values: tuple[float, ...], why: str) -> None:
    entry = standings(*(cell("gear", seed, value) for seed, value in enumerate(values))).mean("mfrnet", "image_auroc")
    assert (entry.std, entry.unspread) == (None, why)


def test_a_metric_that_no_category_has_is_not_defined() -> None:
    found = standings(cell("gear", 0, 0.5, pixel_auroc=None))
    assert found.mean("mfrnet", "pixel_auroc") == found.category("gear", "mfrnet", "pixel_auroc") == NOT_DEFINED


def test_a_row_is_measured_by_its_own_seeds() -> None:
    found = standings(*FULL, cell("gear", 0, 0.25, method="constant"), cell("tile", 0, 0.75, method="constant"))
    assert found.mean("constant", "image_auroc") == Entry(mean=0.5)
    assert found.category("gear", "constant", "image_auroc") == Entry(mean=0.25)
    assert found.mean("mfrnet", "image_auroc").mean == 0.625
    assert (found.seeds_of("constant"), found.seeds_of("mfrnet")) == ((0,), (0, 1))
    assert found.incomplete("constant", ["image_auroc"]) == {}


def test_a_failed_cell_makes_its_seed_the_row_s_own() -> None:
    failed = make.failure_record(identity=make.identity(category="tile", seed=2))
    found = standings(*FULL, failed)
    assert found.seeds_of("mfrnet") == (0, 1, 2)
    assert found.mean("mfrnet", "image_auroc") == WITHHELD
    assert found.incomplete("mfrnet", ["image_auroc"]) == {"failed": [("tile", 2)], "missing": [("gear", 2)]}


def test_the_largest_value_is_withheld_like_the_mean() -> None:
    assert standings(*FULL).largest("mfrnet", "image_auroc") == Entry(mean=1.0)
    assert standings(*FULL[:3]).largest("mfrnet", "image_auroc") == WITHHELD
    assert standings(*FULL).largest("padim", "image_auroc") == WITHHELD


def test_a_missing_cell_withholds_the_mean_and_its_category_only() -> None:
    found = standings(*FULL[:3], *(cell(*key, 0.5, method="constant") for key in SCORES))
    assert found.mean("mfrnet", "image_auroc") == WITHHELD
    assert found.category("tile", "mfrnet", "image_auroc") == WITHHELD
    assert found.category("gear", "mfrnet", "image_auroc").mean == 0.625
    assert found.mean("constant", "image_auroc").mean == 0.5
    assert found.incomplete("mfrnet", ["image_auroc"]) == {"missing": [("tile", 1)]}


def test_a_failed_cell_withholds_the_mean() -> None:
    failed = make.failure_record(identity=make.identity(category="tile", seed=1))
    found = standings(*FULL[:3], failed)
    assert found.mean("mfrnet", "image_auroc") == WITHHELD
    assert found.incomplete("mfrnet", ["image_auroc"]) == {"failed": [("tile", 1)]}


def test_a_category_where_every_cell_failed_still_withholds_the_mean() -> None:
    failed = [make.failure_record(identity=make.identity(category="tile", seed=seed)) for seed in (0, 1)]
    assert standings(*FULL[:2], *failed).mean("mfrnet", "image_auroc") == WITHHELD


def test_a_row_without_records_of_this_data_set_is_withheld() -> None:
    assert standings(*FULL).mean("padim", "image_auroc") == WITHHELD


def test_a_category_without_masks_does_not_withhold_pixel_means() -> None:
    found = standings(cell("gear", 0, 0.5, pixel_auroc=0.875), cell("tile", 0, 0.5, pixel_auroc=None))
    assert found.measured_categories("pixel_auroc") == ("gear",)
    assert found.mean("mfrnet", "pixel_auroc").mean == 0.875
    assert found.incomplete("mfrnet", ["pixel_auroc"]) == {}


def test_a_metric_that_only_one_method_lacks_withholds_that_method_s_mean() -> None:
    found = standings(cell("gear", 0, 0.5), cell("gear", 0, 0.5, method="imageonly", pixel_auroc=None))
    assert found.mean("imageonly", "pixel_auroc") == WITHHELD
    assert found.incomplete("imageonly", ["pixel_auroc"]) == {"without pixel AUROC": [("gear", 0)]}


@settings(max_examples=20, deadline=None)
@given(st.permutations([0.1, 0.2, 0.3, 0.7, 0.9, 0.6]))
def test_the_same_values_in_another_order_have_the_same_mean(values: list[float]) -> None:
    keys = [(category, seed) for category in ("gear", "tile") for seed in (0, 1, 2)]
    found = standings(*(cell(*key, value) for key, value in zip(keys, values, strict=True)))
    assert found.mean("mfrnet", "image_auroc").mean == 2.8 / 6


def places(*means: float | None) -> list[int | None]:
    return [entry.place for entry in placed([Entry(mean=mean) for mean in means])]


def test_places_follow_the_mean() -> None:
    assert places(0.2, 0.9, 0.5) == [3, 1, 2]


def test_the_lowest_is_first_where_lower_is_better() -> None:
    entries = placed([Entry(mean=mean) for mean in (0.2, 0.9, 0.2)], lower_is_better=True)
    assert [entry.place for entry in entries] == [1, 2, 1]


def test_equal_means_share_a_place_and_the_next_is_second() -> None:
    assert places(0.9, 0.5, 0.9, 0.4) == [1, 2, 1, 3]


def test_means_that_only_look_equal_when_rounded_do_not_share_a_place() -> None:
    assert places(0.9001, 0.9002) == [2, 1]


def test_a_withheld_mean_has_no_place() -> None:
    assert places(0.9, None, 0.5) == [1, None, 2]
