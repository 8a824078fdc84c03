"""Every choice of the method, with its meaning and range in one place and checked on construction."""

from dataclasses import dataclass, field, fields
from typing import Any, Literal

Precision = Literal["float32", "bfloat16"]
Border = Literal["zero", "replicate"]
PASTE_KINDS = ("other", "amplified", "moved", "shifted")
TERMS = ("residual", "structure", "cosine", "distance")
"""What scoring measures at a position; each has a weight ``map_NAME`` and a weight ``score_NAME``."""


def setting(
    default: Any,
    help: str,  # noqa: A002 - the key under which the metadata is read
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] | None = None,
    note: str = "",
    after_training: bool = False,
) -> Any:
    """A dataclass field that explains itself through its metadata.

    Args:
        default: Value of the field where none is given.
        help: Meaning and unit, in one sentence.
        low: Smallest value allowed; None for no limit.
        high: Largest value allowed; None for no limit.
        choices: The values allowed; None for any.
        note: Why the limit exists; completes the error message.
        after_training: Whether training does not read it, so that a trained network serves all of its values.

    >>> k = setting(2, "Masks in a subset.", low=2)
    >>> k.metadata["help"], k.metadata["low"], k.metadata["high"]
    ('Masks in a subset.', 2, None)
    """
    meaning = {"help": help, "low": low, "high": high, "choices": choices, "note": note}
    return field(default=default, metadata=meaning | {"after_training": after_training})


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
        "tf_efficientnet_lite2",
        "Any timm model that supports features_only, or filter_bank, which needs no weights.",
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
        16, "Image pixels per grid position; all layers are resized to the grid with this stride.", low=1, high=4096
    )
    neighbourhood: int = setting(
        3,
        "Side of the square of positions over which each layer is averaged before it is resized; odd.",
        low=1,
        high=255,
    )
    whiten: bool = setting(
        True, "Whether each layer group is whitened: its channels made uncorrelated, with equal variance."
    )
    ridge: float = setting(
        0.01,
        "Added to the variances of standardised channels and of residuals, so that covariances can be inverted.",
        low=1e-6,
        high=10.0,
    )
    calibration_share: float = setting(
        0.15,
        "Share of the training images that is held out to calibrate the score; 0 for no calibration.",
        low=0.0,
        high=0.5,
    )
    calibration_training_weight: float = setting(
        1.0,
        "Weight in calibration of an image that was trained on, where a held-out one has 1. What held-out images say "
        "is level and spread; where on the map errors are large, and at which restorations, images that were trained "
        "on say as well. 0 leaves them out.",
        low=0.0,
        high=1.0,
        after_training=True,
    )
    calibration_neighbourhood: int = setting(
        1,
        "Side of the square of positions over which calibration averages mean and variance; odd. Near the border "
        "features differ from those inside, and more than 1 mixes them.",
        low=1,
        high=255,
        after_training=True,
    )
    smoothing_px: float = setting(
        4.0,
        "Standard deviation of the Gaussian that smooths the map, in image pixels; 0 for no smoothing.",
        low=0.0,
        high=1024.0,
        after_training=True,
    )
    smoothing_border: Border = setting(  # noqa: RUF009 - a field, which is not shared
        "zero",
        "What smoothing takes the map to be beyond its border: zero, as a calibrated map is on average on normal "
        "images, or replicate, its outermost values.",
        choices=("zero", "replicate"),
        after_training=True,
    )
    top_share: float = setting(
        0.02,
        "The image score is the mean of this share of the largest values of the map; 0 takes the maximum.",
        low=0.0,
        high=1.0,
        after_training=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("neighbourhood", "calibration_neighbourhood"):
            if getattr(self, name) % 2 == 0:
                raise _out_of_range(name, "an odd number of positions", getattr(self, name))


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
    n: int = setting(2, "Independent subsets of masks that are averaged in scoring.", low=1, after_training=True)
    cell: int = setting(2, "Side, in grid positions, of the square blocks that masks hide in training.", low=1)
    scoring_cells: tuple[int, ...] = setting(
        (4,),
        "The same in scoring, n subsets for each; larger blocks prevent a large defect from being restored out of "
        "itself. Reduced on small maps until the map holds four whole blocks for each mask.",
        after_training=True,
    )
    width: int = setting(
        128, "Channels of the restoration network on the full grid; a multiple of 4 x num_heads.", low=1
    )
    depth: int = setting(4, "Hybrid blocks at the bottom of the U-shaped network.", low=1, high=256)
    num_heads: int = setting(4, "Attention heads of each hybrid block.", low=1)
    weight_pixel: float = setting(1.0, "Weight in the loss of the squared error of whitened features.", low=0.0)
    weight_structure: float = setting(1.0, "Weight in the loss of 1 - SSIM of standardised features.", low=0.0)
    weight_cosine: float = setting(
        1.0, "Weight in the loss of 1 - cosine similarity of standardised features.", low=0.0
    )
    weight_visible: float = setting(
        1.0,
        "Weight in the loss of the squared error at visible positions, where the network repairs its input.",
        low=0.0,
    )
    similarity_constant: float = setting(
        1.0,
        "Variance per channel below which SSIM and cosine similarity count features as similar; 0 for next to none.",
        low=0.0,
    )
    jitter: float = setting(
        0.0, "Largest noise on the input in training, as a share of the length of the features at a position.", low=0.0
    )
    paste_share: float = setting(
        0.5, "Share of the training images in which a region of the input is replaced.", low=0.0, high=1.0
    )
    paste_kinds: tuple[str, ...] = setting(
        PASTE_KINDS,
        "What replaces a region: features of another image (other), the same amplified (amplified), the same image "
        "moved (moved), or its features with one direction added (shifted).",
    )
    paste_max_area: float = setting(
        0.4, "Largest share of the map that a replaced region covers; the smallest is 0.01.", low=0.01, high=1.0
    )
    context_scaling: float = setting(
        0.7,
        "Power to which the residual's distance is divided by the one that the restored features let expect at their "
        "position, which the images of calibration teach; 0 for not at all.",
        low=0.0,
        high=1.0,
        after_training=True,
    )
    map_residual: float = setting(
        1.0,
        "Weight in the map of the residual's Mahalanobis distance from residuals of normal images.",
        low=0.0,
        after_training=True,
    )
    map_structure: float = setting(0.0, "Weight in the map of 1 - SSIM.", low=0.0, after_training=True)
    map_cosine: float = setting(0.0, "Weight in the map of 1 - cosine similarity.", low=0.0, after_training=True)
    map_distance: float = setting(
        0.0,
        "Weight in the map of the features' own distance, as if restoration had seen nothing at all.",
        low=0.0,
        after_training=True,
    )
    score_residual: float = setting(1.0, "Weight of the residual in the image score.", low=0.0, after_training=True)
    score_structure: float = setting(0.0, "Weight of 1 - SSIM in the image score.", low=0.0, after_training=True)
    score_cosine: float = setting(
        0.5, "Weight of 1 - cosine similarity in the image score.", low=0.0, after_training=True
    )
    score_distance: float = setting(
        0.0, "Weight of the features' own distance in the image score.", low=0.0, after_training=True
    )
    steps: int = setting(
        1500, "Most optimiser steps; training ends earlier after epochs passes over the images.", low=1
    )
    epochs: int = setting(
        20,
        "Most passes over the training images: a network that sees a few images too often learns them by heart.",
        low=1,
    )
    batch_size: int = setting(
        3,
        "Images per step, each seen under all k masks of one subset; reduced on large maps so that no step has "
        "more than batch_size x 168 grid positions (192 x 224 px at stride 16).",
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
        of_map, of_score = (tuple(f"{result}_{term}" for term in TERMS) for result in ("map", "score"))
        for names in (("weight_pixel", "weight_structure", "weight_cosine"), of_map, of_score):
            weights = tuple(getattr(self, name) for name in names)
            if max(weights) == 0:
                raise _out_of_range(", ".join(names), "at least one above 0", weights)
        if not self.scoring_cells or min(self.scoring_cells) < 1:
            raise _out_of_range("scoring_cells", "one or more block sides of at least 1", self.scoring_cells)
        unknown = [kind for kind in self.paste_kinds if kind not in PASTE_KINDS]
        if unknown or (self.paste_share > 0 and not self.paste_kinds):
            raise _out_of_range("paste_kinds", f"one or more of {', '.join(PASTE_KINDS)}", self.paste_kinds)

    @classmethod
    def after_training(cls) -> frozenset[str]:
        """Names of the settings that training does not read: of fits that differ in them alone, one trains for all.

        >>> sorted(MFRNetSettings.after_training())[:2], "k" in MFRNetSettings.after_training()
        (['calibration_neighbourhood', 'calibration_training_weight'], False)
        """
        return frozenset(each.name for each in fields(cls) if each.metadata["after_training"])

    def uses(self, term: str) -> bool:
        """Whether one of ``TERMS`` has a weight in the map or in the image score.

        >>> MFRNetSettings().uses("cosine"), MFRNetSettings().uses("distance")
        (True, False)
        """
        return bool(getattr(self, f"map_{term}") or getattr(self, f"score_{term}"))
