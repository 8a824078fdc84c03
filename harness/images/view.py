"""A window of fixed size in a scaled image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class View:
    """A scale and a place; the window's size is that of the set the view belongs to."""

    scaled_px: tuple[int, int]
    """Height and width that the image is resized to."""
    corner_px: tuple[int, int]
    """Top and left of the window in the scaled image; negative where the window begins before it."""

    def cut(self, scaled_HW3: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
        """The window's pixels; outside of the image the nearest pixel of its edge is repeated.

        Black or mean grey would add an edge that is not in the image, and mirroring would show a defect twice.

        Args:
            scaled_HW3: ``(*scaled_px, 3)``, 0 to 255.
            size_px: Height and width of the window.

        Returns:
            ``(*size_px, 3)``; the input itself where the window is the image.
        """
        if self.corner_px == (0, 0) and self.scaled_px == tuple(size_px):
            return scaled_HW3
        rows, columns = (
            np.clip(np.arange(start, start + length), 0, whole - 1)
            for start, length, whole in zip(self.corner_px, size_px, self.scaled_px, strict=True)
        )
        return scaled_HW3[np.ix_(rows, columns)]

    def within(self, size_px: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Where window and image overlap.

        Args:
            size_px: Height and width of the window.

        Returns:
            Rows and columns of the scaled image, and the same pixels' rows and columns of the window.
        """
        of_image, of_window = [], []
        for start, length, whole in zip(self.corner_px, size_px, self.scaled_px, strict=True):
            first, last = max(start, 0), min(start + length, whole)
            of_image.append(slice(first, last))
            of_window.append(slice(first - start, last - start))
        return (of_image[0], of_image[1]), (of_window[0], of_window[1])
