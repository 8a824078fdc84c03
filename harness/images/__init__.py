"""Images from files to arrays, the same way in every process."""

from harness.images.corruption import Corruption, check_corruption
from harness.images.image_set import ImageSet, read_scaled
from harness.images.reading import image_mode, image_size, largest_grey, read_grey, read_mask, read_rgb
from harness.images.resizing import resize_map, resize_mask, resize_rgb
from harness.images.view import View

__all__ = [
    "Corruption",
    "ImageSet",
    "View",
    "check_corruption",
    "image_mode",
    "image_size",
    "largest_grey",
    "read_grey",
    "read_mask",
    "read_rgb",
    "read_scaled",
    "resize_map",
    "resize_mask",
    "resize_rgb",
]
