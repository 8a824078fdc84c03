"""Tests that every data set must pass."""

import pickle
from pathlib import Path

import pytest

from harness.datasets import Dataset
from harness.datasets.preflight import check_split
from harness.datasets.verification import verify
from harness.errors import UnknownNameError
from harness.images import image_size, read_mask, read_rgb


class DatasetContract:
    """Everything that a data set must do.

    A subclass overrides the fixtures ``dataset`` and, for a data set that reads files, ``root`` with a folder
    that holds a miniature of it::

        class TestMyDataset(DatasetContract):
            @pytest.fixture
            def dataset(self) -> Dataset:
                return MyDataset()
    """

    @pytest.fixture
    def dataset(self) -> Dataset:
        """The data set under test."""
        raise NotImplementedError("Override the fixture 'dataset' with one that returns a data set.")

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """The data root; an empty folder for a data set that needs no files there."""
        return tmp_path

    def test_says_what_it_is(self, dataset: Dataset, root: Path) -> None:
        assert dataset.is_installed(root)
        assert all((dataset.info.name, dataset.info.title, dataset.info.layout))
        assert dataset.version >= 1

    def test_has_categories_that_its_published_counts_know(self, dataset: Dataset, root: Path) -> None:
        categories = dataset.categories(root)
        assert categories
        assert not dataset.info.counts or set(categories) <= set(dataset.info.counts)

    def test_trains_on_normal_images_only(self, dataset: Dataset, root: Path) -> None:
        for category in dataset.categories(root):
            for sample in dataset.split(root, category, 0).train:
                assert not sample.is_defect
                assert sample.mask is None
                assert sample.defect_kind == "good"

    def test_has_unique_ids_that_name_the_file_below_its_folder(self, dataset: Dataset, root: Path) -> None:
        ids: list[str] = []
        for category in dataset.categories(root):
            split = dataset.split(root, category, 0)
            for sample in (*split.train, *split.test):
                assert dataset.folder(root) / sample.id == sample.image
                ids.append(sample.id)
            ids += [sample_id for sample_id, _ in split.left_out]
        assert len(ids) == len(set(ids))

    def test_has_masks_of_the_images_size_that_hold_a_defect(self, dataset: Dataset, root: Path) -> None:
        for category in dataset.categories(root):
            split = dataset.split(root, category, 0)
            check_split(split, category)
            for sample in split.test:
                for mask in sample.masks:
                    assert image_size(mask) == image_size(sample.image)
                    assert read_mask(mask, sample.mask_threshold(127)).any()
                if sample.masks:
                    assert sample.is_defect
                    assert sample.defect_kind != "good"

    def test_reads_every_image(self, dataset: Dataset, root: Path) -> None:
        split = dataset.split(root, dataset.categories(root)[0], 0)
        for sample in (*split.train[:3], *split.test[:3]):
            assert read_rgb(sample.image).shape == (*image_size(sample.image), 3)

    def test_splits_the_same_way_twice(self, dataset: Dataset, root: Path) -> None:
        for category in dataset.categories(root):
            assert dataset.split(root, category, 3) == dataset.split(root, category, 3)

    def test_heeds_the_seed_only_where_its_split_says_so(self, dataset: Dataset, root: Path) -> None:
        for category in dataset.categories(root):
            split = dataset.split(root, category, 0)
            differs = any(dataset.split(root, category, seed) != split for seed in (1, 2, 3))
            assert differs == split.is_seeded
            assert not (split.is_seeded and dataset.info.split_author == "authors")

    def test_says_who_made_its_split(self, dataset: Dataset) -> None:
        assert dataset.info.split_note.endswith(".")

    def test_lists_every_file_a_split_uses_and_each_once(self, dataset: Dataset, root: Path) -> None:
        for category in dataset.categories(root):
            files = dataset.files(root, category)
            assert list(files) == sorted(set(files))
            split = dataset.split(root, category, 0)
            used = {sample.image for sample in (*split.train, *split.test)}
            used |= {mask for sample in split.test for mask in sample.masks}
            assert used <= set(files)

    def test_sets_normal_validation_images_apart(self, dataset: Dataset, root: Path) -> None:
        for category in dataset.categories(root):
            split = dataset.split(root, category, 0)
            assert not any(sample.is_defect for sample in split.validation)
            assert {sample.id for sample in split.validation} <= {sample_id for sample_id, _ in split.left_out}
            assert {sample.image for sample in split.validation} <= set(dataset.files(root, category))

    def test_is_sound_but_for_being_a_miniature(self, dataset: Dataset, root: Path) -> None:
        problems = [finding.problem for finding in verify(dataset, root).findings]
        assert [problem for problem in problems if "published" not in problem] == []

    def test_refuses_an_unknown_category(self, dataset: Dataset, root: Path) -> None:
        for look in (lambda: dataset.files(root, "battle"), lambda: dataset.split(root, "battle", 0)):
            with pytest.raises(UnknownNameError, match=rf"Unknown category of {dataset.info.name} 'battle'.*Known: "):
                look()

    def test_can_be_sent_to_another_process(self, dataset: Dataset, root: Path) -> None:
        there = pickle.loads(pickle.dumps(dataset))
        category = dataset.categories(root)[0]
        assert there.split(root, category, 0) == dataset.split(root, category, 0)
