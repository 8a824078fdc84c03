"""Errors of a split that can be found before hours are spent on it."""

from harness.datasets._base import Sample, Split
from harness.errors import DataError
from harness.images import image_size


def check_split(split: Split, name: str) -> None:
    """Refuse a split that cannot give a result. Reads headers only.

    A damaged file passes: it fails the one cell that reads it, and the others go on.

    Args:
        split: What `Dataset.split` returned.
        name: For the message, e.g. ``"mvtec_ad/bottle"``.

    Raises:
        DataError: No training image, no normal or no defect test image, an image that is listed
            twice or not there, a mask that is not there, or one of another size than its image.
    """
    if not split.train:
        raise DataError(f"{name}: no training image; at least one normal image is needed to train on.")
    if not split.test:
        raise DataError(f"{name}: no test image; normal and defect images are needed to test on.")
    for is_defect, word in ((False, "normal"), (True, "defect")):
        if not any(sample.is_defect == is_defect for sample in split.test):
            raise DataError(
                f"{name}: none of the {len(split.test)} test images is a {word} image; "
                "at least one normal and one defect image are needed to test on."
            )
    seen: set[str] = set()
    for sample in (*split.train, *split.test):
        if sample.id in seen:
            raise DataError(f"{name}: {sample.id} is listed twice; each image either trains or is tested, once.")
        seen.add(sample.id)
        if not sample.image.is_file():
            raise DataError(f"{name}: expected an image at {sample.id}, got no file or a broken link.")
    for sample in split.test:
        problem = mask_problem(sample)
        if problem:
            raise DataError(f"{name}: {problem}")


def mask_problem(sample: Sample) -> str | None:
    """What is wrong with a sample's masks as far as headers tell; None if nothing, or if it has none."""
    for mask in sample.masks:
        if not mask.is_file():
            return f"{sample.id} has no mask; expected {mask}."
        try:
            image_height, image_width = image_size(sample.image)
            mask_height, mask_width = image_size(mask)
        except DataError:
            continue
        if (image_height, image_width) != (mask_height, mask_width):
            return (
                f"the mask {mask} has {mask_height} x {mask_width} pixels (height x width), "
                f"its image {sample.id} has {image_height} x {image_width}; both must be equal."
            )
    return None
