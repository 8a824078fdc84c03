"""Every choice of the method, with its meaning and range in one place and checked on construction."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal

Precision = Literal["float32", "bfloat16"]


def setting(
    default: Any,
    help: str,  # noqa: A002 - the key under which the metadata is read
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] | None = None,
    note: str = "",
) -> Any:
    """A dataclass field that explains itself through its metadata.

    Args:
        default: Value of the field where none is given.
        help: Meaning and unit, in one sentence.
        low: Smallest value allowed; None for no limit.
        high: Largest value allowed; None for no limit.
        choices: The values allowed; None for any.
        note: Why the limit exists; completes the error message.

    >>> k = setting(2, "Masks in a subset.", low=2)
    >>> k.metadata["help"], k.metadata["low"], k.metadata["high"]
    ('Masks in a subset.', 2, None)
    """
    return field(default=default, metadata={"help": help, "low": low, "high": high, "choices": choices, "note": note})


def check_ranges(settings: Any) -> None:
    """Compare every value of a dataclass with the range in the metadata of its field.

    Raises:
        ValueError: A value is out of range; the message names the field, the range and the value.
    """
    for each in fields(settings):
        value, low, high = getattr(settings, each.name), each.metadata.get("low"), each.metadata.get("high")
        choices, note = each.metadata.get("choices"), each.metadata.get("note")
        if choices is not None and value not in choices:
            raise _out_of_range(each.name, f"one of {', '.join(map(repr, choices))}", value, note)
        # Written so that NaN is refused too.
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            limits = f"at least {low}" if high is None else f"at most {high}"
            if low is not None and high is not None:
                limits = f"a value between {low} and {high}"
            raise _out_of_range(each.name, limits, value, note)


def _out_of_range(name: str, expected: str, value: object, note: str | None = None) -> ValueError:
    return ValueError(f"{name}: expected {expected}, got {value!r}{f' ({note})' if note else ''}.")


@dataclass(frozen=True, kw_only=True)
class BackboneSettings:
    """The backbone and its feature layers. Methods with equal settings share cached features.

    Raises:
        ValueError: No layer is named, or one is named twice.

    >>> BackboneSettings(backbone="resnet50", layers=(1, 2, 3))
    BackboneSettings(backbone='resnet50', layers=(1, 2, 3))
    """

    backbone: str = setting(
        "resnet18", "Any timm model that supports features_only, or filter_bank, which needs no weights."
    )
    layers: tuple[int | str, ...] = setting(
        (2, 3), "Feature layers by timm's index (in most networks 0 has stride 2, 1 has stride 4, ...) or by name."
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if not self.layers:
            raise _out_of_range("layers", "at least one layer", self.layers)
        if len(set(self.layers)) != len(self.layers):
            raise _out_of_range("layers", "each layer at most once", self.layers)


@dataclass(frozen=True, kw_only=True)
class MapSettings(BackboneSettings):
    """From features to an anomaly map and a score; shared by MFRNet and its control without restoration.

    Raises:
        ValueError: A value is out of range; the message names the field and the range.

    >>> MapSettings(backbone="filter_bank", top_share=1.5)
    Traceback (most recent call last):
    ValueError: top_share: expected a value between 0.0 and 1.0, got 1.5.
    """

    grid_stride_px: int = setting(
        16, "Image pixels per grid position; all layers are resized to the grid with this stride.", low=1
    )
    calibration_share: float = setting(
        0.15,
        "Share of the training images that is held out to calibrate the score; 0 for no calibration.",
        low=0.0,
        high=0.5,
    )
    smoothing_px: float = setting(
        4.0, "Standard deviation of the Gaussian that smooths the map, in image pixels; 0 for no smoothing.", low=0.0
    )
    top_share: float = setting(
        0.02,
        "The image score is the mean of this share of the largest values of the map; 0 takes the maximum.",
        low=0.0,
        high=1.0,
    )


@dataclass(frozen=True, kw_only=True)
class MFRNetSettings(MapSettings):
    """Settings of an MFRNet. The defaults are ours; the paper's are not known.

    Raises:
        ValueError: A value is out of range; the message names the field and the range.

    >>> MFRNetSettings(n=5).n
    5
    >>> MFRNetSettings(k=1)
    Traceback (most recent call last):
    ValueError: k: expected at least 2, got 1 (k = 1 would hide the whole map).
    """

    k: int = setting(
        2,
        "Complementary masks in a subset; one mask hides 1/k of the map (the mask ratio).",
        low=2,
        note="k = 1 would hide the whole map",
    )
    n: int = setting(3, "Independent subsets of masks that are averaged in scoring.", low=1)
    cell: int = setting(2, "Side, in grid positions, of the square blocks that masks hide in training.", low=1)
    scoring_cell: int = setting(
        4,
        "The same in scoring, where larger blocks prevent a large defect from being restored out of itself; "
        "reduced on small maps so that each mask still hides four whole blocks.",
        low=1,
    )
    width: int = setting(
        128, "Channels of the restoration network on the full grid; a multiple of 4 x num_heads.", low=1
    )
    depth: int = setting(4, "Hybrid blocks at the bottom of the U-shaped network.", low=1)
    num_heads: int = setting(4, "Attention heads of each hybrid block.", low=1)
    weight_pixel: float = setting(0.1, "Weight of the squared error in the loss and in the score.", low=0.0)
    weight_structure: float = setting(1.0, "Weight of 1 - SSIM in the loss and in the score.", low=0.0)
    weight_cosine: float = setting(
        1.0, "Weight of 1 - cosine similarity in the loss and in the score; this term does not see contrast.", low=0.0
    )
    steps: int = setting(6400, "Optimiser steps.", low=1)
    batch_size: int = setting(
        3,
        "Images per step, each seen under all k masks of one subset; reduced on large maps so that no step has "
        "more than batch_size x 144 grid positions (144 is a 192 px square at stride 16).",
        low=1,
    )
    learning_rate: float = setting(1.4e-3, "Peak of the one-cycle schedule; above 0.", low=0.0)
    weight_decay: float = setting(0.01, "Weight decay of AdamW.", low=0.0)
    precision: Precision = setting(  # noqa: RUF009 - a field, which is not shared
        "float32", "bfloat16 runs training and restoration under autocast.", choices=("float32", "bfloat16")
    )
    compile: bool = setting(False, "Use torch.compile on the restoration network; worthwhile on a GPU.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width % (4 * self.num_heads):
            expected = f"a multiple of 4 x num_heads = {4 * self.num_heads}"
            raise _out_of_range("width", expected, self.width)
        if not self.learning_rate > 0:
            raise _out_of_range("learning_rate", "a value above 0", self.learning_rate)
        weights = (self.weight_pixel, self.weight_structure, self.weight_cosine)
        if max(weights) == 0:
            raise _out_of_range("weight_pixel, weight_structure, weight_cosine", "at least one above 0", weights)
