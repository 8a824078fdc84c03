"""From scores of good images that a detector was not fitted on to the thresholds of its verdict and its masks."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from harness.config.run_settings import ThresholdRule
from harness.errors import DataError
from harness.phrasing import counted
from harness.stats.false_alarms import false_alarm_rate, num_scores_needed, order_threshold


class HeldOutScore(BaseModel):
    """What a detector said of one good image that it was not fitted on."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    image: str
    group: str
    """Equal for near duplicates of each other, which are one piece of evidence."""
    score: float
    map_max: float
    map_mean: float
    map_sd: float


class ThresholdSettings(BaseModel):
    """How the thresholds of a detector are set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    false_alarms: float = Field(0.05, gt=0, lt=1)
    """Share of good parts that may raise an alarm."""
    rule: ThresholdRule = "order"
    """``order``: the order statistic for ``false_alarms``. ``mean-3sd``: mean plus three standard deviations of the
    scores, and of all pixels of the maps, as MVTec AD 2 does it; ``false_alarms`` is then not used."""
    share: float = Field(0.25, ge=0, lt=1)
    """Share of the good images that is held out; not used with folds, or where the data set has validation images."""
    folds: int = Field(0, ge=0)
    """Every image is held out once, from one of this many detectors that are fitted for it; 0 holds out the validation
    images of the data set, or else ``share``."""

    @model_validator(mode="after")
    def _two_folds(self) -> "ThresholdSettings":
        if self.folds == 1:
            raise PydanticCustomError("folds", "folds: expected 0 or at least 2, got 1.")
        return self


class Thresholds(BaseModel):
    """Where a verdict and a mask begin, and how far the rate of false alarms is known."""

    # Nothing is above a threshold that is not a number: every part would pass.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rule: ThresholdRule
    false_alarms: float | None
    """The rate that was asked for; None for a rule that takes none."""
    score: float
    """An image with a higher score is anomalous."""
    pixel: float
    """A pixel with a higher value is anomalous; by ``order``, a good image has such a pixel at the rate asked for."""
    num_images: int
    num_groups: int
    """Groups of near duplicates among the images; each counts once, with its highest score."""
    num_above: int
    """Groups above the score threshold."""
    low: float
    """Lower end of the 95 % interval of the rate of false alarms."""
    high: float
    """Upper end."""


def set_thresholds(held_out: Sequence[HeldOutScore], settings: ThresholdSettings) -> Thresholds:
    """Set both thresholds from good images alone.

    Near duplicates count once, with their highest score, because copies of one photograph say the same thing.

    Args:
        held_out: Of good images that the detector was not fitted on.
        settings: The rule, and the rate of false alarms.

    Raises:
        DataError: There are too few images for the rate.

    >>> maps = {"map_max": 1.0, "map_mean": 0.0, "map_sd": 0.5}
    >>> scores = [HeldOutScore(image=str(n), group=str(n), score=n / 20, **maps) for n in range(20)]
    >>> set_thresholds(scores, ThresholdSettings(false_alarms=0.1)).score
    0.9
    """
    check_enough(len({each.group for each in held_out}), settings)
    scores, maxima = highest_of_groups(held_out, "score"), highest_of_groups(held_out, "map_max")
    if settings.rule == "order":
        score, pixel = order_threshold(scores, settings.false_alarms), order_threshold(maxima, settings.false_alarms)
    else:
        images = np.array([each.score for each in held_out])
        means, sds = (np.array([getattr(each, name) for each in held_out]) for name in ("map_mean", "map_sd"))
        score = float(images.mean() + 3 * images.std())
        # The moments of all pixels follow from those of the maps; each map counts alike, whatever its size.
        pixel = float(means.mean() + 3 * np.sqrt((sds**2 + means**2).mean() - means.mean() ** 2))
    rate = false_alarm_rate(scores, score)
    return Thresholds(
        rule=settings.rule,
        false_alarms=settings.false_alarms if settings.rule == "order" else None,
        score=score,
        pixel=pixel,
        num_images=len(held_out),
        num_groups=len(scores),
        num_above=rate.num_above,
        low=rate.low,
        high=rate.high,
    )


def num_needed(settings: ThresholdSettings) -> int:
    """Good images, none a near duplicate of another, below which no threshold can be set.

    >>> num_needed(ThresholdSettings(false_alarms=0.05)), num_needed(ThresholdSettings(rule="mean-3sd"))
    (19, 2)
    """
    return num_scores_needed(settings.false_alarms) if settings.rule == "order" else 2


def check_enough(num_groups: int, settings: ThresholdSettings) -> None:
    """Refuse a rate that so few good images cannot show.

    Raises:
        DataError: One line with the number of images that the rate needs.
    """
    needed = num_needed(settings)
    if num_groups < needed:
        lowest = f"; {counted(num_groups, 'image')} can show {100 / (num_groups + 1):.2g} % at best"
        what = f"a false-alarm rate of {100 * settings.false_alarms:g} %" if settings.rule == "order" else settings.rule
        raise DataError(
            f"{what} needs {needed} good images that the detector is not fitted on and that are no near duplicates, "
            f"got {num_groups}{lowest if num_groups else ''}. Use more images, --calibration-folds 5, or a higher "
            "--false-alarms."
        )


def highest_of_groups(held_out: Sequence[HeldOutScore], name: Literal["score", "map_max"]) -> list[float]:
    """The highest value in each group of near duplicates."""
    highest: dict[str, float] = {}
    for each in held_out:
        highest[each.group] = max(getattr(each, name), highest.get(each.group, -np.inf))
    return list(highest.values())
