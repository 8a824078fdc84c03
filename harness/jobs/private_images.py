"""The images of a data set whose ground truth its authors keep, exactly as they were published."""

from collections.abc import Sequence
from pathlib import Path

from harness.datasets import Dataset, HoldsPrivateImages
from harness.datasets.finding import find
from harness.errors import DataError, SettingsError
from harness.images import image_size
from harness.submissions import PrivateImage

_NUM_NAMED = 4


def private_images(dataset: str, root: Path) -> tuple[Dataset, list[PrivateImage]]:
    """A data set with its private images, sorted; exactly the published ones.

    Raises:
        BenchError: It has none, a category is not in place, or an image is missing, unreadable or not expected.
    """
    found = find(dataset, root)
    if not isinstance(found, HoldsPrivateImages):
        raise SettingsError(f"{dataset} has no private test sets to submit; expected a data set such as mvtec_ad_2.")
    wanted, in_place = tuple(found.private_counts), found.categories(root)
    if missing := [category for category in wanted if category not in in_place]:
        raise DataError(
            f"{found.folder(root)}: {', '.join(missing)} not in place; a submission needs all of the {len(wanted)} "
            f"categories {', '.join(wanted)}."
        )
    images = []
    for category in wanted:
        stems = found.private_stems(category)
        for part, paths in found.private_images(root, category).items():
            _check_names(found.folder(root) / category / part, [path.stem for path in paths], stems[part])
            images += [PrivateImage(category, part, path.stem, path, image_size(path)) for path in paths]
    return found, sorted(images)


def _check_names(place: Path, found: Sequence[str], wanted: Sequence[str]) -> None:
    if sorted(found) == sorted(wanted):
        return
    told = [
        f"{what} {', '.join(names[:_NUM_NAMED])}{' ...' if len(names) > _NUM_NAMED else ''}"
        for what, names in (
            ("missing", sorted(set(wanted) - set(found))),
            ("not expected:", sorted(set(found) - set(wanted))),
        )
        if names
    ]
    raise DataError(
        f"{place}: expected the {len(wanted)} published images {wanted[0]} to {wanted[-1]}, found {len(found)}"
        f"{''.join(f'; {each}' for each in told)}."
    )
