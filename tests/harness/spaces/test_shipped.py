from pathlib import Path

import optuna
import pytest

from harness.config import as_json, build_settings
from harness.methods import METHODS
from harness.search.trials import as_lists
from harness.spaces import load_space
from mfrnet import MFRNetSettings, check_layers, check_masks

FOLDER = Path(__file__).parents[3] / "search_spaces"
SHIPPED = sorted(path.name for path in FOLDER.glob("*.toml"))
SIZE_PX = (192, 192)


def test_the_readme_names_every_shipped_space() -> None:
    assert SHIPPED == ["mfrnet.toml", "mfrnet_fast.toml", "mfrnet_hour.toml", "mfrnet_judging.toml", "smoke.toml"]
    readme = (FOLDER / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_fifty_samples_are_settings_that_fit_the_method(name: str) -> None:
    space = load_space(FOLDER / name)
    settings_type = METHODS.get(space.method).Settings
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(50):
        chosen = as_lists(space.suggest(study.ask()))
        check_masks(build_settings(space.method, settings_type, {**space.fixed, **chosen}), SIZE_PX)


@pytest.mark.parametrize("name", sorted({*SHIPPED} - {"mfrnet_judging.toml"}))
def test_every_layer_is_one_of_the_backbone(name: str) -> None:
    space = load_space(FOLDER / name)
    every = {"layers": list(space.space["layers"].of)}
    check_layers(build_settings(space.method, METHODS.get(space.method).Settings, {**space.fixed, **every}))


def test_the_space_of_judging_varies_whatever_follows_training_and_nothing_else() -> None:
    # A map needs one term, whose weight the others are relative to.
    varied = {*load_space(FOLDER / "mfrnet_judging.toml").space, "map_residual", "score_residual"}
    assert varied == MFRNetSettings.after_training()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_first_point_is_the_methods_own_where_none_is_given(name: str) -> None:
    space = load_space(FOLDER / name)
    own = as_json(METHODS.get(space.method).Settings())
    point = space.point_of(space.default or {key: own[key] for key in space.space})
    assert point
