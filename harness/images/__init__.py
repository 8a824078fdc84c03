"""Images from files to arrays, the same way in every process."""

from harness.images.image_set import ImageSet
from harness.images.reading import image_mode, image_size, largest_grey, read_grey, read_mask, read_rgb
from harness.images.resizing import resize_mask, resize_rgb

__all__ = [
    "ImageSet",
    "image_mode",
    "image_size",
    "largest_grey",
    "read_grey",
    "read_mask",
    "read_rgb",
    "resize_mask",
    "resize_rgb",
]
