import numpy as np
import pytest
import torch

from harness.methods.anomalib.pixels import Pixels, nearest_size


def test_pixels_are_scaled_normalised_and_contiguous() -> None:
    image = np.full((1, 2, 3, 3), 255, np.uint8)
    image[..., 0] = 0
    pixels = Pixels((2, 3), mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 2.0))(torch.from_numpy(image))
    assert pixels.shape == (1, 3, 2, 3)
    assert pixels.is_contiguous()
    assert pixels.dtype == torch.float32
    assert pixels[0, :, 0, 0].tolist() == [-1.0, 3.0, 0.5]


def test_images_of_another_size_are_resized() -> None:
    assert Pixels((28, 42))(torch.zeros(2, 32, 40, 3, dtype=torch.uint8)).shape == (2, 3, 28, 42)


@pytest.mark.parametrize(
    ("size_px", "multiple_px", "smallest_px", "expected"),
    [
        ((192, 224), 1, 32, (192, 224)),
        ((192, 224), 14, 32, (196, 224)),
        ((192, 224), 1, 256, (256, 299)),
        ((32, 64), 14, 32, (28, 70)),
        ((5, 5), 14, 1, (14, 14)),
    ],
)
def test_the_nearest_size_has_multiples_and_is_not_too_small(
    size_px: tuple[int, int], multiple_px: int, smallest_px: int, expected: tuple[int, int]
) -> None:
    assert nearest_size(size_px, multiple_px, smallest_px) == expected
