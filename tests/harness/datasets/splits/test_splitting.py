from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.datasets import Split
from harness.datasets.readers.mtd import MagneticTileDefects
from harness.datasets.splits import make_split
from harness.errors import DataError, UnknownNameError
from tests.support import photographs
from tests.support.photographs import tile_of
from tests.support.tiny_dataset import TinyDataset

NAMES = ("grouped", "kfold-2-1", "kfold-3-2")
THINGS = st.integers(0, 8)


def thing_of(dataset: TinyDataset, sample_id: str) -> str:
    return (dataset.folder(Path()) / sample_id).read_text()


def ids_of(split: Split) -> list[str]:
    sampled = [sample.id for sample in (*split.train, *split.test)]
    return sampled + [sample_id for sample_id, _ in split.left_out]


@settings(deadline=None, max_examples=40)
@given(
    normal=st.lists(THINGS, min_size=4, max_size=16),
    defect=st.lists(THINGS, min_size=1, max_size=4),
    is_drawn=st.booleans(),
    seed=st.integers(0, 3),
    name=st.sampled_from(NAMES),
)
def test_no_thing_is_on_two_sides_and_every_image_is_somewhere(
    normal: list[int], defect: list[int], is_drawn: bool, seed: int, name: str
) -> None:
    with TemporaryDirectory() as folder:
        dataset = TinyDataset(Path(folder), normal, defect, is_drawn=is_drawn)
        published = dataset.split(Path(), "tiny", seed)
        try:
            split = make_split(dataset, Path(), "tiny", seed, name)
        except DataError:
            # Too few things to deal out, which the error says.
            return
        trained = {thing_of(dataset, sample.id) for sample in split.train}
        tested = {thing_of(dataset, sample.id) for sample in split.test}
    assert not trained & tested
    assert split.train
    assert not any(sample.is_defect for sample in split.train)
    assert sorted(ids_of(split)) == sorted(ids_of(published))


@pytest.mark.parametrize("name", ["published", *NAMES])
def test_is_the_same_twice(tmp_path: Path, name: str) -> None:
    photographs.mtd(tmp_path)
    first, again = (make_split(MagneticTileDefects(), tmp_path, "mtd", 5, name) for _ in range(2))
    assert first == again


def test_the_published_split_is_the_data_sets_own(tmp_path: Path) -> None:
    photographs.mtd(tmp_path)
    dataset = MagneticTileDefects()
    assert make_split(dataset, tmp_path, "mtd", 1) == dataset.split(tmp_path, "mtd", 1)


def test_a_published_split_of_mtd_leaks_and_a_grouped_one_does_not(tmp_path: Path) -> None:
    photographs.mtd(tmp_path)
    shared = {}
    for name in ("published", "grouped"):
        split = make_split(MagneticTileDefects(), tmp_path, "mtd", 0, name)
        trained = {tile_of(sample.id) for sample in split.train}
        shared[name] = {tile_of(sample.id) for sample in split.test} & trained
    assert len(shared["published"]) > 3
    assert shared["grouped"] == set()


def test_refuses_a_name_that_no_split_has(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown split 'grouped2'\. Did you mean 'grouped'\?"):
        make_split(TinyDataset(tmp_path, [1, 2], [3], is_drawn=True), tmp_path, "tiny", 0, "grouped2")


def test_refuses_a_split_that_another_data_set_publishes(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown split of tiny 'fold-1'\. Did .* Known: FILE\.csv, grouped"):
        make_split(TinyDataset(tmp_path, [1, 2], [3], is_drawn=True), tmp_path, "tiny", 0, "fold-1")
