"""Reads image files of all common kinds as 8-bit arrays; every error is one line that names the file.

Grey, palette, alpha, CMYK, 16-bit and rotated (EXIF) files come out alike:

- Alpha is dropped and not blended, because the image of a camera does not depend on a background.
- Of 16 bits the upper 8 are kept, in grey and in colour, as Pillow does for colour. An 8-bit image that was stored
  with 16 bits (times 256 or 257) is restored exactly. Values are not stretched: 10 bits stored in 16 stay dark. A TIFF
  of 12 bits a pixel is read as 12 bits.
- The first of several pages or frames is read.
- Gamma and colour profiles are not applied; CMYK becomes RGB by the plain formula.

Only the formats below are tried, by content and not by suffix, so that Pillow plug-ins of other packages have no
effect.
"""

import errno
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from harness.environment import MAX_MEGAPIXELS, max_megapixels
from harness.errors import BenchError, DataError

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names of the formats."""

# Replaced by `max_megapixels`: Pillow warns at one size, refuses at another, and any package can change its global.
Image.MAX_IMAGE_PIXELS = None

# What Pillow warns of, such as a damaged EXIF block, is either no matter for the pixels or an error that follows.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

_BITS_PER_SAMPLE, _COMPRESSION, _PLANAR = 258, 259, 284

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
        DataError: The file is missing, may not be read, is no image, is damaged, is larger than
            ``BENCH_MAX_MEGAPIXELS`` or has pixels whose range is unknown (floating point, 32 bits).
    """
    with _decoded(path) as image:
        return np.array(image if image.mode == "RGB" else image.convert("RGB"))


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
        path: As for `read_grey`.
        threshold: 0 to 254; a pixel is a defect when its 8-bit grey value is above this.

    Returns:
        ``(H, W)``, True on defect pixels.

    Raises:
        DataError: As for `read_rgb`.
    """
    return read_grey(path) > threshold


def largest_grey(path: Path) -> int:
    """Brightest 8-bit grey value of a mask: it holds a defect when this is above the threshold.

    Raises:
        DataError: As for `read_rgb`.
    """
    return int(read_grey(path).max())


def image_size(path: Path) -> tuple[int, int]:
    """Height and width in pixels, upright, from the header alone.

    Raises:
        DataError: The file is missing, may not be read, is larger than ``BENCH_MAX_MEGAPIXELS`` or
            its header is not an image's.
    """
    with _opened(path) as image:
        width, height = image.size
        return (width, height) if _orientation(image) in _SIDEWAYS else (height, width)


def image_mode(path: Path) -> str:
    """Pillow's name of a file's pixel format, from the header alone: ``"L"``, ``"RGB"``, ``"I;16"``, ...

    Raises:
        DataError: As for `image_size`.
    """
    with _opened(path) as image:
        return image.mode


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    _check_file(path)
    try:
        with Image.open(path, formats=FORMATS) as image:
            _check_size(path, image)
            yield image
    except (BenchError, MemoryError):
        raise
    except PermissionError:
        raise _not_permitted(path) from None
    except UnidentifiedImageError:
        raise DataError(f"{path}: not an image in a format that can be read ({', '.join(FORMATS)}).") from None
    # Pillow's decoders meet damage with OSError, SyntaxError, ValueError, struct.error and others.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: cannot be read as an image ({reason}); is it damaged?") from error


def _check_file(path: Path) -> None:
    """Refuse everything but a file that is not empty. Opening a pipe would block forever."""
    try:
        status = path.stat()
    except (FileNotFoundError, ValueError):  # no file's name holds a NUL
        what = "a link to a file that is not there" if path.is_symlink() else "no such file"
        raise DataError(f"{path}: {what}; an image was expected here.") from None
    except PermissionError:
        raise _not_permitted(path) from None
    except OSError as error:
        reason = "a link that leads back to itself" if error.errno == errno.ELOOP else str(error.strerror)
        raise DataError(f"{path}: cannot be read ({reason}); an image was expected here.") from None
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{path}: is a folder; an image file was expected here.")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path}: is a pipe or a device; an image file was expected here.")
    if status.st_size == 0:
        raise DataError(f"{path}: is empty (0 bytes); was it copied to its end?")


def _check_size(path: Path, image: Image.Image) -> None:
    limit = max_megapixels()
    width, height = image.size
    if width * height > limit * 1_000_000:
        raise DataError(
            f"{path}: has {height} x {width} pixels (height x width), {width * height / 1e6:.1f} megapixels; the limit "
            f"is {limit:g}. Set {MAX_MEGAPIXELS} to raise it, on every machine that reads images; "
            "decoding takes about 9 bytes a pixel."
        )


def _not_permitted(path: Path) -> DataError:
    return DataError(f"{path}: may not be read (permission denied); give this user the right to read it.")


@contextmanager
def _decoded(path: Path) -> Iterator[Image.Image]:
    """Decode every pixel, turn upright and bring to 8 bits a channel."""
    with _opened(path) as image:
        orientation = _orientation(image)
        _check_planes(path, image)
        image.load()
        narrow = _eight_bit(image, path)
        yield narrow.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else narrow


def _orientation(image: Image.Image) -> int:
    """1 to 8 as EXIF has it; 1, upright, where a file says nothing or nonsense."""
    if image.format == "TIFF":
        # Pillow rotates these itself and already reports the upright size.
        return 1
    # For a PNG, getexif() decodes all pixels to find a block behind them. Only a block before the pixels is used
    # here, so that the header is enough for the size.
    found = _exif_of_png(image) if image.format == "PNG" else image.getexif()
    orientation = found.get(_ORIENTATION_TAG)
    return orientation if orientation in _UPRIGHT else 1


def _exif_of_png(image: Image.Image) -> Image.Exif:
    exif = Image.Exif()
    if block := image.info.get("exif"):
        exif.load(block)
    return exif


def _check_planes(path: Path, image: Image.Image) -> None:
    """Refuse the one kind of TIFF that Pillow silently decodes to noise, taking 16 bits for 8."""
    is_apart = _is_tiff_of(image, _PLANAR, 2) and _is_tiff_of(image, _COMPRESSION, 1)
    if is_apart and _is_tiff_of(image, _BITS_PER_SAMPLE, 16) and len(image.getbands()) > 1:
        raise DataError(
            f"{path}: its 16-bit colours lie in separate planes without compression, which cannot be read; "
            "save it with the colours of a pixel side by side, or compressed (LZW)."
        )


def _is_tiff_of(image: Image.Image, tag: int, value: int) -> bool:
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return False
    found = image.tag_v2.get(tag)
    return value in (found if isinstance(found, tuple) else (found,))


def _grey(image: Image.Image) -> Image.Image:
    if image.mode == "L":
        return image
    return (image if image.mode == "1" else image.convert("RGB")).convert("L")


def _eight_bit(image: Image.Image, path: Path) -> Image.Image:
    """Bring to 8 bits a channel and drop transparency that is not a channel of its own."""
    # Otherwise Pillow warns that a conversion to RGB drops the transparency, which is intended.
    image.info.pop("transparency", None)
    if image.mode == "F":
        raise DataError(
            f"{path}: has floating-point pixels, whose range is unknown; save it with 8 or 16 bits a pixel."
        )
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    wide = np.asarray(image)
    low, high = int(wide.min()), int(wide.max())
    if low < 0 or high > 65535:
        raise DataError(
            f"{path}: has pixels from {low} to {high}, which are neither 8 nor 16 bits; "
            "save it with values from 0 to 255 or 0 to 65535."
        )
    bits = 12 if _is_tiff_of(image, _BITS_PER_SAMPLE, 12) else 16
    return Image.fromarray((wide >> (bits - 8)).astype(np.uint8))
