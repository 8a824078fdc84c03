"""Image files of any common kind to 8-bit arrays, or one line that names the file.

Grey, palette, alpha, CMYK, 16-bit and rotated (EXIF) files come out alike. Alpha is dropped, not
blended: what a camera saw does not depend on a background.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.errors import DataError

_ORIENTATION_TAG = 0x0112
_UPRIGHT: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """Read an image as colour.

    Args:
        path: Any file that Pillow decodes.

    Returns:
        ``(H, W, 3)`` red, green, blue, 0 to 255; grey images have three equal channels.

    Raises:
        DataError: The file is missing, is no image, is damaged or has floating-point pixels.
    """
    with _decoded(path) as image:
        return np.array(image.convert("RGB"))


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read an image as grey; colours count by their brightness.

    Args:
        path: Any file that Pillow decodes.

    Returns:
        ``(H, W)``, 0 to 255.

    Raises:
        DataError: As for `read_rgb`.
    """
    with _decoded(path) as image:
        return np.array(_grey(image))


def read_mask(path: Path, threshold: int) -> NDArray[np.bool_]:
    """Read a ground-truth mask.

    Args:
        path: Any file that Pillow decodes; colours count by their brightness.
        threshold: 0 to 254; a pixel is a defect when its 8-bit grey value is above this.

    Returns:
        ``(H, W)``, True on defect pixels.

    Raises:
        DataError: The file is missing, is no image, is damaged or has floating-point pixels.
    """
    with _decoded(path) as image:
        grey: NDArray[np.uint8] = np.array(_grey(image))
    return grey > threshold


def largest_grey(path: Path) -> int:
    """Brightest 8-bit grey value of a mask: it holds a defect when this is above the threshold.

    Raises:
        DataError: As for `read_mask`.
    """
    with _decoded(path) as image:
        low_high: tuple[int, int] = _grey(image).getextrema()  # type: ignore[assignment]
    return int(low_high[1])


def image_size(path: Path) -> tuple[int, int]:
    """Height and width in pixels, upright, from the header alone.

    Raises:
        DataError: The file is missing or its header is not an image's.
    """
    with _opened(path) as image:
        width, height = image.size
        return (width, height) if _orientation(image) in _SIDEWAYS else (height, width)


def image_mode(path: Path) -> str:
    """Pillow's name of how a file keeps its pixels, from the header alone: ``"L"``, ``"RGB"``, ``"I;16"``, ...

    Raises:
        DataError: As for `image_size`.
    """
    with _opened(path) as image:
        return image.mode


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as image:
            yield image
    except (DataError, MemoryError):
        raise
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; an image was expected here.") from None
    except UnidentifiedImageError:
        raise DataError(f"{path}: not an image in a format that can be read.") from None
    # Pillow's decoders meet damage with OSError, SyntaxError, ValueError, struct.error and others.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: cannot be read as an image ({reason}); is it damaged?") from error


@contextmanager
def _decoded(path: Path) -> Iterator[Image.Image]:
    """Decode every pixel, turn upright and bring to 8 bits a channel."""
    with _opened(path) as image:
        orientation = _orientation(image)
        image.load()
        upright = image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image
        yield _eight_bit(upright, path)


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        # Pillow's reader turns these upright by itself, and tells the upright size before.
        return 1
    if image.format != "PNG":
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    # For a PNG, getexif() decodes all pixels to look for a block behind them. Only one before
    # them counts here, so that a size needs the header alone.
    block = image.info.get("exif")
    if not block:
        return 1
    exif = Image.Exif()
    exif.load(block)
    return int(exif.get(_ORIENTATION_TAG, 1))


def _grey(image: Image.Image) -> Image.Image:
    if image.mode == "L":
        return image
    return (image if image.mode == "1" else image.convert("RGB")).convert("L")


def _eight_bit(image: Image.Image, path: Path) -> Image.Image:
    if image.mode == "F":
        raise DataError(
            f"{path}: has floating-point pixels, whose range is unknown; save it with 8 or 16 bits a pixel."
        )
    if image.mode == "I" or image.mode.startswith("I;16"):
        wide = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
        return Image.fromarray(((wide * 255 + 32767) // 65535).astype(np.uint8))
    return image
