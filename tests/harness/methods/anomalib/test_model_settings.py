import dataclasses
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from harness.config import as_json, build_settings
from harness.errors import SettingsError
from harness.methods import METHODS
from harness.methods.anomalib.model_settings import constructor_arguments, settings_type
from harness.methods.anomalib.recipes import Recipe


class Mode(Enum):
    ADD = "add"
    MULTIPLY = "multiply"


class Model:
    """A model.

    Args:
        encoder_name (str): name of the backbone, i.e.
            of a timm model. Not used here. Defaults to ``"resnet18"``.
        groups (list[list[int]] | None, optional): Groups of layers. Defaults to ``None``.

    Note:
        mode (Mode): This is not an argument.
    """

    def __init__(
        self,
        encoder_name: str = "resnet18",
        layers: Sequence[str] = ("layer1", "layer2"),
        groups: list[list[int]] | None = None,
        mode: Mode = Mode.ADD,
        precision: str | Mode = Mode.MULTIPLY,
        beta: float | tuple[float, float] = (0.1, 1.0),
        folder: Path | str = "./somewhere",
        pre_trained: bool = True,
        pre_processor: object | bool = True,
        hook: object = None,
    ) -> None: ...


class WithTeacher:
    def __init__(self, size: str = "small") -> None: ...


RECIPE = Recipe(summary="", epochs=7, batch_size=3, defaults={"folder": ""})
Settings: Any = settings_type(Model, RECIPE)


def test_fields_are_the_plain_arguments_and_the_trainer_s() -> None:
    assert as_json(Settings()) == {
        "backbone": "resnet18",
        "layers": ["layer1", "layer2"],
        "groups": None,
        "mode": "add",
        "precision": "multiply",
        "beta": [0.1, 1.0],
        "folder": "",
        "epochs": 7,
        "steps": 0,
        "batch_size": 3,
    }


def test_a_record_s_settings_build_equal_settings() -> None:
    settings = Settings(groups=((1, 2), (3,)), mode="multiply", beta=0.5)
    assert build_settings("model", Settings, as_json(settings)) == settings


def test_each_setting_has_the_first_sentence_of_anomalib_s_docstring() -> None:
    meanings = {each.name: each.metadata.get("help") for each in dataclasses.fields(Settings)}
    assert meanings["backbone"] == "Name of the backbone, i.e. of a timm model."
    assert meanings["groups"] == "Groups of layers."
    assert meanings["epochs"] == "Passes over the training images."
    assert meanings["mode"] is None


def test_the_constructor_gets_its_own_types_back() -> None:
    arguments = constructor_arguments(Model, Settings(groups=((1, 2), (3,)), mode="multiply"))
    assert arguments["encoder_name"] == "resnet18"
    assert arguments["layers"] == ("layer1", "layer2")
    assert arguments["groups"] == [[1, 2], [3]]
    assert arguments["mode"] is Mode.MULTIPLY
    assert arguments["precision"] is Mode.MULTIPLY
    assert set(arguments).isdisjoint({"pre_trained", "pre_processor", "hook", "epochs", "steps", "batch_size"})


@pytest.mark.parametrize(("name", "value"), [("epochs", 0), ("steps", -1), ("batch_size", 0)])
def test_a_trainer_s_number_out_of_range_is_refused(name: str, value: int) -> None:
    with pytest.raises(SettingsError, match=rf"^model\.{name}: expected at least \d, got {value}\.$"):
        build_settings("model", Settings, {name: value})


def test_a_value_that_an_enumeration_does_not_have_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^model\.mode: expected 'add' or 'multiply', got 'divide'\.$"):
        build_settings("model", Settings, {"mode": "divide"})


def test_the_name_of_a_teacher_s_weights_follows_from_the_settings() -> None:
    kind: Any = settings_type(WithTeacher, Recipe(summary="", teacher="teacher_{size}"))
    assert kind(size="large").backbone == "teacher_large"
    assert "backbone" not in as_json(kind())


@pytest.mark.baselines
def test_patchcore_has_the_settings_and_defaults_of_anomalib() -> None:
    assert as_json(METHODS.get("patchcore").Settings()) == {
        "backbone": "wide_resnet50_2",
        "layers": ["layer2", "layer3"],
        "coreset_sampling_ratio": 0.1,
        "num_neighbors": 9,
        "precision": "float32",
        "epochs": 1,
        "steps": 0,
        "batch_size": 32,
    }
