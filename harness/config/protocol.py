"""The metric protocol: everything that decides what a number means, apart from data and method."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Protocol(BaseModel):
    """How images become pixels and maps become metrics. Two records compare only if these agree.

    Fixed by the protocol's name: maps and masks are compared at the resized resolution, masks are
    resized by nearest neighbour, regions are 8-connected, every normal pixel of every test image
    counts in the false positive rate, AUPRO is interpolated at its limits .3 and .05.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Literal["mfrnet-bench-1"] = "mfrnet-bench-1"
    image_size_px: int = Field(default=192, ge=32, le=4096, multiple_of=32)
    """Shorter side after resizing, in pixels."""
    aspect: Literal["keep", "square"] = "keep"
    """``keep``: the longer side follows the median aspect of the category's training images,
    rounded to 32 pixels. ``square``: both sides are ``image_size_px``."""
    mask_threshold: int = Field(default=127, ge=0, le=254)
    """A mask pixel is a defect when its 8-bit grey value is above this."""

    def key(self) -> str:
        """One short word for tables and file names, e.g. ``mfrnet-bench-1/192/keep/127``."""
        return f"{self.name}/{self.image_size_px}/{self.aspect}/{self.mask_threshold}"

    def size_for(self, median_aspect: float) -> tuple[int, int]:
        """Height and width in pixels of every image of a category.

        Args:
            median_aspect: Median of height / width over the training images, positive.

        Returns:
            ``(height_px, width_px)``, both multiples of 32.
        """
        short = self.image_size_px
        if self.aspect == "square":
            return short, short
        ratio = max(median_aspect, 1 / median_aspect)
        long = max(short, 32 * round(short * ratio / 32))
        return (long, short) if median_aspect >= 1 else (short, long)
