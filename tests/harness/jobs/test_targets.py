from pathlib import Path

import pytest

from harness.config import RunSettings
from harness.errors import UnknownNameError
from harness.jobs.targets import chosen_categories
from tests.support import miniatures


def names(root: Path, *datasets: str, categories: tuple[str, ...] = ()) -> list[str]:
    miniatures.mvtec_ad(root)
    settings = RunSettings(datasets=datasets, categories=categories, data=root)
    return [f"{dataset.info.name}/{category}" for dataset, category in chosen_categories(settings)]


@pytest.mark.parametrize(
    ("datasets", "categories", "expected"),
    [
        (("mvtec_ad",), (), ["mvtec_ad/bottle", "mvtec_ad/carpet"]),
        (("mvtec_ad/carpet",), (), ["mvtec_ad/carpet"]),
        (("mvtec_ad/carpet", "mvtec_ad"), (), ["mvtec_ad/bottle", "mvtec_ad/carpet"]),
        (("mvtec_ad/carpet", "demo"), ("carpet", "demo/tile"), ["mvtec_ad/carpet", "demo/tile"]),
        (("all",), ("mvtec_ad/bottle",), ["mvtec_ad/bottle"]),
    ],
)
def test_data_sets_and_categories_are_named_together_or_apart(
    tmp_path: Path, datasets: tuple[str, ...], categories: tuple[str, ...], expected: list[str]
) -> None:
    assert names(tmp_path, *datasets, categories=categories) == expected


def test_a_category_outside_the_named_ones_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown category 'bottle'\. Known: carpet\.$"):
        names(tmp_path, "mvtec_ad/carpet", categories=("bottle",))
