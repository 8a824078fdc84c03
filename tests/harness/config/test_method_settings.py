from dataclasses import dataclass
from typing import Any

import pytest

from harness.config import as_json, build_settings, parse_assignments
from harness.errors import SettingsError, UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Knobs:
    layers: tuple[int | str, ...] = (2, 3)
    rate: float = 0.5
    steps: int = 10
    compile: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps: expected at least 1, got {self.steps}.")


def test_what_is_not_given_keeps_its_default() -> None:
    assert build_settings("mock", Knobs, {"steps": 3}) == Knobs(steps=3)


def test_a_list_becomes_a_tuple_and_a_whole_number_a_fraction() -> None:
    assert build_settings("mock", Knobs, {"layers": ["a", 1], "rate": 1}) == Knobs(layers=("a", 1), rate=1.0)


def test_stored_settings_give_the_same_settings_again() -> None:
    settings = Knobs(layers=("a", 1), rate=0.1)
    assert build_settings("mock", Knobs, as_json(settings)) == settings


def test_json_resolves_every_field() -> None:
    assert as_json(Knobs()) == {"layers": [2, 3], "rate": 0.5, "steps": 10, "compile": False}


def test_an_unknown_setting_gets_the_nearest_known_one() -> None:
    with pytest.raises(
        UnknownNameError, match=r"^Unknown setting of method 'mock': 'step'\. Did you mean 'steps'\? Known: compile,"
    ):
        build_settings("mock", Knobs, {"step": 3})


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("steps", "many", r"mock\.steps: expected a whole number, got 'many'"),
        ("steps", 1.5, r"mock\.steps: expected a whole number, got 1\.5"),
        ("steps", True, r"mock\.steps: expected a whole number, got true"),
        ("steps", "3", r"mock\.steps: expected a whole number, got '3'"),
        ("layers", 2, r"mock\.layers: expected a list such as \[2, 3\], got 2"),
        ("compile", 1, r"mock\.compile: expected true or false, got 1"),
        ("steps", 0, r"mock\.steps: expected at least 1, got 0"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_place(name: str, value: Any, text: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{text}\.$"):
        build_settings("mock", Knobs, {name: value})


@pytest.mark.parametrize("text", ["1979-05-27", "inf", "nan", "[1, inf]"])
def test_what_toml_can_say_and_json_cannot_is_refused(text: str) -> None:
    overrides = parse_assignments([f"mock.rate={text}"], ["mock"])
    with pytest.raises(SettingsError, match=r"^mock\.rate: expected a finite number, a string, .*, got"):
        build_settings("mock", Knobs, overrides["mock"])
