"""Images from files to arrays, the same way in every process."""

from harness.images.image_set import ImageSet
from harness.images.reading import image_mode, image_size, largest_grey, read_grey, read_mask, read_rgb
from harness.images.resizing import resize_map, resize_mask, resize_rgb
from harness.images.view import View

__all__ = [
    "ImageSet",
    "View",
    "image_mode",
    "image_size",
    "largest_grey",
    "read_grey",
    "read_mask",
    "read_rgb",
    "resize_map",
    "resize_mask",
    "resize_rgb",
]
