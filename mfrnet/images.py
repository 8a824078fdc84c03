"""What a caller gives as images, checked and brought to one uint8 array.

Shapes: N images, H x W pixels, 3 colour channels (red, green, blue).
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Images = NDArray[np.uint8] | Sequence[Image.Image] | Sequence[str | Path]
"""uint8 ``N x H x W x 3``, or images of Pillow, or names of image files; all of one size."""

_EXPECTED = "Expected images as uint8 N x H x W x 3, or a list of Pillow images or of file names"
_WIDE_MODES = ("I", "F")
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names. Of its other formats one starts a program: PostScript."""


def images_array(images: Images) -> NDArray[np.uint8]:
    """Images of one size as one array.

    An array is returned as it is. Files and images of Pillow are turned upright (EXIF) and converted to RGB, and
    transparency is dropped; all of them are held in memory, 3 bytes a pixel.

    Args:
        images: At least one image.

    Returns:
        uint8 ``N x H x W x 3``, 0 to 255.

    Raises:
        ValueError: There is no image, the type or shape is another one, sizes differ, a file holds no image or is
            damaged, or pixels have more than 8 bits. Says what to do.
        OSError: A file is missing or may not be read.

    >>> images_array([Image.new("L", (32, 24)), Image.new("RGB", (32, 24))]).shape
    (2, 24, 32, 3)
    >>> images_array(np.zeros((2, 24, 32), np.uint8))
    Traceback (most recent call last):
    ...
    ValueError: Expected images as uint8 N x H x W x 3, or a list of Pillow images or of file names; \
got uint8 of shape (2, 24, 32). For grey images, repeat the channel: np.repeat(images[..., None], 3, axis=-1).
    """
    if isinstance(images, np.ndarray):
        _check_array(images)
        return images
    if isinstance(images, str | os.PathLike | Image.Image):
        shown = f"the Pillow image {images.size}" if isinstance(images, Image.Image) else repr(os.fspath(images))
        raise ValueError(f"{_EXPECTED}; got one alone, {shown}. Put it into a list: [image].")
    if not isinstance(images, Sequence):
        raise ValueError(f"{_EXPECTED}; got {_type_name(images)}. {_advice_on(images)}")
    if not images:
        raise ValueError(f"{_EXPECTED}; got an empty {_type_name(images)}. Give at least one image.")
    return _stacked(images)


def _check_array(images: NDArray[Any]) -> None:
    shape, got = images.shape, f"got {images.dtype} of shape {images.shape}"
    if images.ndim == 4 and shape[-1] == 3 and 0 in shape:
        raise ValueError(f"{_EXPECTED}; {got}, which holds no pixel. Give at least one image.")
    advice = [*_shape_advice(shape), *_dtype_advice(images)]
    if advice:
        raise ValueError(f"{_EXPECTED}; {got}. {' '.join(advice)}")


def _shape_advice(shape: tuple[int, ...]) -> list[str]:
    """How to bring an array of this shape to N x H x W x 3; nothing if it has such a shape."""
    match shape:
        case (_, _, _, 3):
            return []
        case (_, _, 3):
            return ["For a single image, add an axis: images[None]."]
        case (_, _, _):
            return ["For grey images, repeat the channel: np.repeat(images[..., None], 3, axis=-1)."]
        case (_, _):
            return ["For a single grey image: np.repeat(images[None, ..., None], 3, axis=-1)."]
        case (_, _, _, 1):
            return ["For grey images, repeat the channel: np.repeat(images, 3, axis=-1)."]
        case (_, _, _, 4):
            return ["Drop the alpha channel: images[..., :3]."]
        case (_, 3, _, _):
            return ["Move the channels to the end: images.transpose(0, 2, 3, 1)."]
        case (_, 1, _, _):
            return ["Move the grey channel to the end and repeat it: np.repeat(images.transpose(0, 2, 3, 1), 3, -1)."]
    return ["The axes are images, rows, columns and the channels red, green, blue."]


def _dtype_advice(images: NDArray[Any]) -> list[str]:
    if images.dtype == np.uint8:
        return []
    if images.dtype.kind == "f":
        if images.size and np.nanmax(images) > 1:
            return ["Cast values of 0 to 255: images.round().astype(np.uint8)."]
        return ["Multiply values of 0 to 1 by 255 and cast: (images * 255).round().astype(np.uint8)."]
    if images.dtype == np.uint16:
        return ["Keep the upper 8 of 16 bits: (images >> 8).astype(np.uint8)."]
    if images.dtype.kind in "iu":
        return ["Cast values of 0 to 255: images.astype(np.uint8)."]
    return ["Values must be whole numbers of 0 to 255."]


def _advice_on(images: object) -> str:
    if hasattr(images, "detach"):
        return "Turn a tensor into an array: images.cpu().numpy()."
    if hasattr(images, "__iter__"):
        return "Make it a list, in a fixed order: sorted(...) for file names."
    return "Put the images into a list or an array."


def _stacked(images: Sequence[Any]) -> NDArray[np.uint8]:
    """A list of Pillow images, or of file names, as one array."""
    stack_NHW3: NDArray[np.uint8] | None = None
    first_name = ""
    for number, image in enumerate(images):
        name = f"image {number}" if isinstance(image, Image.Image) else str(image)
        pixels_HW3 = _pixels(image, name)
        if stack_NHW3 is None:
            stack_NHW3, first_name = np.empty((len(images), *pixels_HW3.shape), np.uint8), name
        if pixels_HW3.shape != stack_NHW3.shape[1:]:
            (height, width), (first_height, first_width) = pixels_HW3.shape[:2], stack_NHW3.shape[1:3]
            raise ValueError(
                f"Expected images of one size; {name} has {height} x {width} px (height x width), {first_name} has "
                f"{first_height} x {first_width}. Resize or crop them to one size first."
            )
        stack_NHW3[number] = pixels_HW3
    assert stack_NHW3 is not None
    return stack_NHW3


def _pixels(image: object, name: str) -> NDArray[np.uint8]:
    if isinstance(image, Image.Image):
        return _rgb(ImageOps.exif_transpose(image), name)
    if isinstance(image, str | Path):
        return _read(Path(image))
    if isinstance(image, np.ndarray):
        raise ValueError(f"{_EXPECTED}; got a list of arrays. Stack arrays of one shape: np.stack(images).")
    raise ValueError(f"{_EXPECTED}; got a list that holds {_type_name(image)}.")


def _read(path: Path) -> NDArray[np.uint8]:
    if path.is_dir():
        raise ValueError(f"{path}: expected an image file, got a folder. List its files: sorted(folder.glob('*.png')).")
    with path.open("rb") as file:  # a missing file is not a damaged one
        try:
            with Image.open(file, formats=_FORMATS) as image:
                image.load()
                upright = ImageOps.exif_transpose(image)
        # Pillow's decoders meet damage with OSError, SyntaxError, ValueError, struct.error and others.
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(f"{path}: cannot be read as an image ({reason}).") from error
    return _rgb(upright, str(path))


def _rgb(upright: Image.Image, name: str) -> NDArray[np.uint8]:
    if upright.mode.startswith(_WIDE_MODES):
        raise ValueError(
            f"{name}: expected 8 bits a channel, got pixels of Pillow's mode {upright.mode!r}, which a conversion to "
            "RGB would clip. Scale them to 0 to 255 and save them as 8-bit grey or RGB."
        )
    # Otherwise Pillow warns that a conversion to RGB drops the transparency, which is intended.
    upright.info.pop("transparency", None)
    return np.asarray(upright.convert("RGB"))


def _type_name(value: object) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
