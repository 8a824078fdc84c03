from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config import Protocol
from harness.datasets import Sample, Split
from harness.datasets.splits import chosen_split, splits_of_cell
from harness.datasets.splits.few_shots import few_shots
from harness.datasets.twins import Twins
from harness.errors import DataError
from harness.plan import Cell
from tests.support.tiny_dataset import TinyDataset


def split_of(num_train: int) -> Split:
    train = tuple(Sample(f"train/{number:03}", Path(), None, False, "good") for number in range(num_train))
    return Split(train=train, test=(Sample("good/000", Path(), None, False, "good"),), left_out=(("other", "empty"),))


def drawn(split: Split, shots: int, seed: int, *twins: Twins) -> set[str]:
    return {sample.id for sample in few_shots(split, shots, seed, "demo/tile", twins).train}


@given(seed=st.integers(0, 2**32 - 1), fewer=st.integers(1, 12), more=st.integers(1, 12))
def test_fewer_shots_are_among_more(seed: int, fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))
    split = split_of(12)
    assert len(drawn(split, fewer, seed)) == fewer
    assert drawn(split, fewer, seed) <= drawn(split, more, seed)


def test_the_seed_decides_and_the_order_of_the_files_does_not() -> None:
    split = split_of(30)
    turned = Split(train=split.train[::-1], test=split.test)
    assert drawn(split, 4, 7) == drawn(turned, 4, 7)
    assert len({frozenset(drawn(split, 4, seed)) for seed in range(8)}) > 4


def test_nothing_is_lost_and_every_test_image_stays() -> None:
    split = split_of(6)
    few = few_shots(split, 2, 0, "demo/tile")
    assert few.test == split.test
    assert few.is_seeded
    assert few.left_out[0] == ("other", "empty")
    assert {name for name, _ in few.left_out[1:]} == {each.id for each in split.train} - {each.id for each in few.train}


@pytest.mark.parametrize("seed", range(6))
def test_a_twin_comes_after_an_image_of_every_other_thing(seed: int) -> None:
    twins = Twins(("train/000", "train/001", "train/002"), are_copies=False)
    split = split_of(5)
    three, four = (drawn(split, shots, seed, twins) for shots in (3, 4))
    assert three == {"train/000", "train/003", "train/004"}
    assert four == three | {"train/001"}


def test_too_few_images_are_refused_in_one_line() -> None:
    with pytest.raises(DataError, match=r"^demo/tile: expected at least 4 good training images for few-shot-4, got 3;"):
        drawn(split_of(3), 4, 0)


def cell(regime: str, split: str = "published") -> Cell:
    return Cell(
        dataset="tiny", category="tiny", method="mock", method_version=1, seed=3, settings_json="{}",
        protocol=Protocol(), data_fingerprint="", weights_sha256="", cost=1, split=split, regime=regime,
    )  # fmt: skip


def test_a_split_that_looks_for_twins_draws_no_two_of_one_thing(tmp_path: Path) -> None:
    dataset = TinyDataset(tmp_path, [1] * 5 + [2, 3, 4, 5, 6], [7], is_drawn=False)
    for name, shown in (("published", {1}), ("grouped", None)):
        of_cell = cell("few-shot-1")
        splits = splits_of_cell(dataset, Path(), of_cell, name)
        chosen = chosen_split(dataset, Path(), of_cell, name, splits)
        assert len(chosen.train) == 1
        assert shown is None or {int(sample.image.read_text().split()[1]) for sample in splits["tiny"].train} == shown
    # All five published training images are one thing, which the published split does not look for.
    two = cell("few-shot-2")
    assert (
        len(chosen_split(dataset, Path(), two, "published", splits_of_cell(dataset, Path(), two, "published")).train)
        == 2
    )


def test_one_class_trains_on_every_image(tmp_path: Path) -> None:
    dataset = TinyDataset(tmp_path, [1, 2, 3, 4], [5], is_drawn=False)
    splits = splits_of_cell(dataset, Path(), cell("one-class"), "published")
    assert chosen_split(dataset, Path(), cell("one-class"), "published", splits) == dataset.split(Path(), "tiny", 3)
