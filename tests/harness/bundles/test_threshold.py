import numpy as np
import pytest
from pydantic import ValidationError

from harness.bundles import HeldOutScore, ThresholdSettings, set_thresholds
from harness.errors import DataError


def held_out(image: int, score: float, group: str | None = None, **maps: float) -> HeldOutScore:
    moments = {"map_max": 2 * score, "map_mean": 0.0, "map_sd": 1.0} | maps
    return HeldOutScore(image=f"{image}.png", group=group or str(image), score=score, **moments)


def test_the_thresholds_are_order_statistics_of_scores_and_maxima() -> None:
    scores = [held_out(number, float(number), map_max=100.0 - number) for number in range(20)]
    found = set_thresholds(scores, ThresholdSettings(false_alarms=0.1))
    assert (found.score, found.pixel) == (18.0, 99.0)
    assert (found.num_images, found.num_groups, found.num_above) == (20, 20, 1)
    assert found.low < 0.05 < found.high


def test_twins_count_once_with_their_highest_score() -> None:
    alone = [held_out(number, float(number)) for number in range(19)]
    twins = [held_out(100 + number, 18.0 + number / 100, group="twins") for number in range(50)]
    found = set_thresholds([*alone, *twins], ThresholdSettings(false_alarms=0.05))
    assert (found.num_images, found.num_groups) == (69, 20)
    assert found.score == pytest.approx(18.49)


def test_twins_do_not_help_to_show_a_low_rate() -> None:
    twins = [held_out(number, 1.0, group=str(number % 10)) for number in range(100)]
    with pytest.raises(DataError, match=r"needs 19 good images .* near duplicates, got 10; 10 images can show 9\.1 %"):
        set_thresholds(twins, ThresholdSettings(false_alarms=0.05))


@pytest.mark.parametrize(("rate", "needed"), [(0.02, 49), (0.01, 99), (0.001, 999)])
def test_a_rate_that_the_images_cannot_show_is_refused_with_the_number_it_takes(rate: float, needed: int) -> None:
    scores = [held_out(number, float(number)) for number in range(needed)]
    settings = ThresholdSettings(false_alarms=rate)
    assert set_thresholds(scores, settings).score == needed - 1
    with pytest.raises(DataError, match=rf"^a false-alarm rate of {100 * rate:g} % needs {needed} good images"):
        set_thresholds(scores[:-1], settings)


def test_mean_plus_three_deviations_is_over_images_and_over_all_pixels() -> None:
    rng = np.random.default_rng(0)
    maps = rng.normal(rng.normal(size=(6, 1, 1)), 1.0, (6, 4, 5))
    scores = [
        held_out(number, float(map_.max()), map_max=map_.max(), map_mean=map_.mean(), map_sd=map_.std())
        for number, map_ in enumerate(maps)
    ]
    found = set_thresholds(scores, ThresholdSettings(rule="mean-3sd"))
    of_images = maps.max((1, 2))
    assert found.false_alarms is None
    assert found.score == pytest.approx(of_images.mean() + 3 * of_images.std())
    assert found.pixel == pytest.approx(maps.mean() + 3 * maps.std())


def test_mean_plus_three_deviations_needs_two_images() -> None:
    with pytest.raises(DataError, match=r"^mean-3sd needs 2 good images .* got 1"):
        set_thresholds([held_out(0, 1.0)], ThresholdSettings(rule="mean-3sd"))


def test_the_interval_counts_groups_above_whatever_the_rule() -> None:
    scores = [held_out(number, 0.0) for number in range(30)] + [held_out(30, 9.0), held_out(31, 9.0)]
    found = set_thresholds(scores, ThresholdSettings(rule="mean-3sd"))
    assert (found.num_above, found.num_groups) == (2, 32)
    assert 0 < found.low < 2 / 32 < found.high


@pytest.mark.parametrize(
    "wrong", [{"false_alarms": 0.0}, {"false_alarms": 1.0}, {"share": 1.0}, {"folds": 1}, {"rule": "median"}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="|".join(wrong)):
        ThresholdSettings.model_validate(wrong)
