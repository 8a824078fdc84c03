"""The metric protocol: everything that decides what a number means, apart from data and method."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

DEFAULT_TILE_OVERLAP = 0.25


class Protocol(BaseModel):
    """How images become pixels and maps become metrics. Records compare only if their protocols are equal.

    >>> Protocol(image_size_px=128, aspect="pad").key()
    'mfrnet-bench-1/128/pad/127'

    Fixed by the protocol's name: masks are thresholded first and resized by nearest neighbour after,
    regions are 8-connected, every normal pixel of every test image counts in the false positive rate,
    AUPRO is interpolated at its limits .3 and .05. `harness.framing` does what ``aspect`` says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Literal["mfrnet-bench-1"] = "mfrnet-bench-1"
    image_size_px: int = Field(default=192, ge=32, le=4096, multiple_of=32)
    """Shorter side of a method's input, in pixels."""
    aspect: Literal["keep", "square", "pad", "tiles"] = "keep"
    """How an image becomes the input of a method.

    ``keep``: resized to one frame a category, whose longer side follows the median aspect of the
    training images, rounded to 32 pixels. ``square``: resized to ``image_size_px`` on both sides.
    ``pad``: scaled to fit into the frame of ``keep``, with its edge repeated around it; maps and scores
    leave the repeated edge out. ``tiles``: cut into overlapping squares of ``image_size_px``, each an
    image for the method; the map of the whole is stitched from their maps, and its score is their highest."""
    tile_overlap: float | None = Field(default=None, ge=0, le=0.75)
    """Share of a tile's side that its neighbour covers too, at least; None stands for .25. Only for tiles."""
    tiled_size_px: int | None = Field(default=None, ge=32, le=65536)
    """Shorter side that an image is resized to before it is cut, in pixels. None keeps its size, except that
    an image smaller than a tile is enlarged to one. Only for tiles."""
    resolution: Literal["frame", "own"] = "frame"
    """Where maps meet masks. ``frame``: at the size the image had for the method; masks are resized.
    ``own``: at each image's own size; maps are resized (bilinear), masks are left as they are."""
    mask_threshold: int = Field(default=127, ge=0, le=254)
    """A mask pixel is a defect when its 8-bit grey value is above this."""

    @model_validator(mode="after")
    def _tiles_are_possible(self) -> Self:
        for name in ("tile_overlap", "tiled_size_px"):
            if getattr(self, name) is not None and self.aspect != "tiles":
                raise PydanticCustomError(
                    "tiles_alone",
                    "{name} needs aspect 'tiles', got aspect {aspect}",
                    {"name": name, "aspect": repr(self.aspect)},
                )
        if self.tiled_size_px is not None and self.tiled_size_px < self.image_size_px:
            raise PydanticCustomError(
                "tile_too_large",
                "expected tiled_size_px of at least image_size_px = {tile}, got {whole}",
                {"tile": self.image_size_px, "whole": self.tiled_size_px},
            )
        return self

    @property
    def overlap(self) -> float:
        """Share of a tile's side that its neighbour covers too, with the default filled in."""
        return DEFAULT_TILE_OVERLAP if self.tile_overlap is None else self.tile_overlap

    def key(self) -> str:
        """One short word for tables and file names.

        ``mfrnet-bench-1/192/keep/127``: name, size, aspect, mask threshold. Tiles name their overlap and,
        where images are resized before, to what: ``tiles-0.25-of-384``. A resolution other than the
        frame's comes last: ``mfrnet-bench-1/192/pad/127/own``.
        """
        aspect: str = self.aspect
        if aspect == "tiles":
            aspect += f"-{self.overlap}" + ("" if self.tiled_size_px is None else f"-of-{self.tiled_size_px}")
        # Later choices are named only where they are used, so that stored keys stay valid.
        later = [] if self.resolution == "frame" else [self.resolution]
        return "/".join([self.name, str(self.image_size_px), aspect, str(self.mask_threshold), *later])

    def size_for(self, median_aspect: float) -> tuple[int, int]:
        """Height and width in pixels of every image of a category as a method sees it.

        Args:
            median_aspect: Median of height / width over the training images, positive.

        Returns:
            ``(height_px, width_px)``, both multiples of 32.
        """
        short = self.image_size_px
        if self.aspect in ("square", "tiles"):
            return short, short
        ratio = max(median_aspect, 1 / median_aspect)
        long = max(short, 32 * round(short * ratio / 32))
        return (long, short) if median_aspect >= 1 else (short, long)


def words_of(key: str) -> str:
    """A stored protocol key in words, for captions; a key of unknown form as it is.

    >>> words_of("mfrnet-bench-1/256/tiles-0.25-of-384/127/own")[:70]
    'tiles of 256 px that overlap by 0.25, cut from images of 384 px on the'
    """
    name, *parts = key.split("/")
    if len(parts) not in (3, 4):
        return key
    size, aspect, threshold = parts[:3]
    kind, *tiling = aspect.split("-")
    if kind not in _ASPECT_WORDS:
        return key
    source = f"images of {tiling[-1]} px on the shorter side" if "of" in tiling else "whole images"
    frame = _ASPECT_WORDS[kind].format(size=size, overlap="".join(tiling[:1]), source=source)
    masks = "maps at the masks' own size" if parts[3:] == ["own"] else "masks at the frame's size"
    return f"{frame}, {masks}, mask threshold {threshold} (protocol {name})"


_ASPECT_WORDS = {
    "keep": "{size} px on the shorter side, aspect kept",
    "square": "{size} px on both sides",
    "pad": "{size} px on the shorter side, padded to one frame",
    "tiles": "tiles of {size} px that overlap by {overlap}, cut from {source}",
}
