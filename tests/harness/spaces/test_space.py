import json
from typing import Any

import optuna
import pytest

from harness.spaces import SearchSpace

WHY = "a test"


def space_of(parameters: dict[str, Any], **others: Any) -> SearchSpace:
    return SearchSpace.model_validate_json(
        json.dumps({"method": "mfrnet", "objective": {"metrics": ["image_auroc"]}, "space": parameters, **others})
    )


EVERY_KIND = {
    "rate": {"kind": "float", "low": 1e-4, "high": 1e-2, "log": True, "why": WHY},
    "share": {"kind": "float", "low": 0.0, "high": 0.5, "step": 0.1, "why": WHY},
    "k": {"kind": "int", "low": 2, "high": 6, "step": 2, "why": WHY},
    "mode": {"kind": "categorical", "choices": ["plain", "mixed"], "why": WHY},
    "extra": {"kind": "int", "low": 1, "high": 64, "log": True, "why": WHY, "when": {"mode": ["mixed"]}},
    "layers": {"kind": "subset", "of": [1, 2, "deep"], "fewest": 2, "why": WHY},
}


def sampled(space: SearchSpace, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and stored values of a random trial."""
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=number)).ask()
    return space.suggest(trial), trial.params


@pytest.fixture(autouse=True)
def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def test_every_value_is_inside_its_bounds() -> None:
    space = space_of(EVERY_KIND)
    seen = [sampled(space, number)[0] for number in range(60)]
    assert all(1e-4 <= settings["rate"] <= 1e-2 for settings in seen)
    assert {round(settings["share"], 6) for settings in seen} == {0.0, 0.1, 0.2, 0.3, 0.4, 0.5}
    assert {settings["k"] for settings in seen} == {2, 4, 6}
    assert {settings["layers"] for settings in seen} == {(1, 2), (1, "deep"), (2, "deep"), (1, 2, "deep")}


def test_a_conditional_parameter_is_there_exactly_when_its_condition_holds() -> None:
    space = space_of(EVERY_KIND)
    assert space.is_conditional
    seen = [sampled(space, number)[0] for number in range(30)]
    assert {settings["mode"] for settings in seen} == {"plain", "mixed"}
    assert all(("extra" in settings) == (settings["mode"] == "mixed") for settings in seen)


def test_conditions_do_not_depend_on_the_order_of_tables() -> None:
    space = space_of(dict(reversed(EVERY_KIND.items())))
    assert all(("extra" in s) == (s["mode"] == "mixed") for s in (sampled(space, n)[0] for n in range(20)))


def test_stored_values_stand_for_the_settings_of_the_trial() -> None:
    space = space_of(EVERY_KIND)
    for number in range(20):
        settings, stored = sampled(space, number)
        assert space.settings_of(stored) == settings
        assert space.settings_of(space.point_of(settings)) == settings


def test_floats_have_four_digits_and_stay_inside() -> None:
    space = space_of({"x": {"kind": "float", "low": 0.123456, "high": 0.123459, "why": WHY}})
    assert 0.123456 <= sampled(space, 0)[0]["x"] <= 0.123459
    rate = sampled(space_of(EVERY_KIND), 3)[0]["rate"]
    assert rate == float(f"{rate:.4g}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rate": 0.5}, r"rate: expected 0\.0001 to 0\.01, got 0\.5 \(see \[space\.rate\]\)"),
        ({"share": 0.25}, r"share: expected 0 plus a multiple of 0\.1, got 0\.25"),
        ({"k": 3}, r"k: expected 2 plus a multiple of 2, got 3"),
        ({"k": 2.0}, r"k: expected a whole number, got 2\.0"),
        ({"k": True}, r"k: expected a whole number, got True"),
        ({"mode": "other"}, r"mode: expected one of 'plain', 'mixed', got 'other'"),
        ({"layers": [2]}, r"layers: expected at least 2 of \[1, 2, 'deep'\], got \[2\]"),
        ({"layers": [2, 7, 1]}, r"layers: expected at least 2 of \[1, 2, 'deep'\], got \[2, 7, 1\]"),
        ({"layers": 2}, r"layers: expected a list, got 2"),
        ({"mode": "mixed"}, r"extra: is missing"),
    ],
)
def test_a_point_outside_the_space_is_refused_by_name(changes: dict[str, Any], said: str) -> None:
    inside = {"rate": 1e-3, "share": 0.2, "k": 4, "mode": "plain", "layers": [2, 1]}
    space = space_of(EVERY_KIND)
    assert space.point_of(inside)["layers"] == "1+2"
    with pytest.raises(ValueError, match=rf"\[default\], {said}"):
        space.point_of(inside | changes)


def test_a_condition_on_what_has_no_such_value_is_refused() -> None:
    for when, said in (
        ({"k": [3]}, r"k is an int; expected 2 plus a multiple of 2, got 3"),
        ({"rate": [0.001]}, r"expected an int or a categorical, got rate of kind float"),
        ({"layers": [[1, 2]]}, r"."),
        ({"mode": []}, r"expected at least one value of mode"),
    ):
        with pytest.raises(ValueError, match=said):
            space_of(EVERY_KIND | {"n": {"kind": "int", "low": 1, "high": 2, "why": WHY, "when": when}})


def test_an_objective_is_the_mean_of_its_metrics_and_none_where_one_is_missing() -> None:
    space = space_of(EVERY_KIND, objective={"metrics": ["image_auroc", "pixel_average_precision"]})
    (goal,) = space.goals
    assert goal.name == "mean of image AUROC, pixel AP"
    assert goal.value({"image_auroc": 0.9, "pixel_average_precision": 0.5, "aupro_30": 0.1}) == pytest.approx(0.7)
    assert goal.value({"image_auroc": 0.9, "pixel_average_precision": None}) is None
