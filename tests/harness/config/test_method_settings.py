from dataclasses import dataclass
from typing import Any

import pytest

from harness.config import as_json, build_settings, parse_assignments, parse_values
from harness.errors import SettingsError, UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Knobs:
    layers: tuple[int | str, ...] = (2, 3)
    rate: float = 0.5
    steps: int = 10
    compile: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps = {self.steps} is out of range; right would be 1 or more.")


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
        ("steps", "many", r"mock\.steps = 'many': input should be a valid integer"),
        ("steps", 1.5, r"mock\.steps = 1\.5: input should be a valid integer"),
        ("steps", True, r"mock\.steps = True: input should be a valid integer"),
        ("steps", "3", r"mock\.steps = '3': input should be a valid integer"),
        ("layers", 2, r"mock\.layers = 2: input should be a valid array"),
        ("compile", 1, r"mock\.compile = 1: input should be a valid boolean"),
        ("steps", 0, r"mock\.steps = 0 is out of range; right would be 1 or more"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_place(name: str, value: Any, text: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{text}\.$"):
        build_settings("mock", Knobs, {name: value})


@pytest.mark.parametrize("text", ["1979-05-27", "inf", "nan", "[1, inf]"])
def test_what_toml_can_say_and_json_cannot_is_refused(text: str) -> None:
    overrides = parse_assignments([f"mock.rate={text}"], ["mock"])
    with pytest.raises(SettingsError, match=r"^mock\.rate = .*: right would be a finite number, a string"):
        build_settings("mock", Knobs, overrides["mock"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        (" 0.5 ", 0.5),
        ("true", True),
        ("[1, 'a']", [1, "a"]),
        ("filter_bank", "filter_bank"),
        ("'3'", "3"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_a_value_is_toml_or_else_a_plain_string(text: str, value: Any) -> None:
    assert parse_assignments([f"mock.rate={text}"], ["mock"]) == {"mock": {"rate": value}}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,2,3", (1, 2, 3)),
        ("0.5", (0.5,)),
        ("[2],[3],[2,3]", ([2], [3], [2, 3])),
        ("keep, square", ("keep", "square")),
        ("'a,b','c'", ("a,b", "c")),
        ("true,false", (True, False)),
        ("1,resnet18", (1, "resnet18")),
    ],
)
def test_values_between_commas_are_read_as_one_is(text: str, values: tuple[Any, ...]) -> None:
    assert parse_values(text) == values


def test_assignments_are_gathered_by_method_and_the_last_one_counts() -> None:
    typed = ["a.x=1", "b.x=2", "a.y=3", "a.x=4"]
    assert parse_assignments(typed, ["a", "b"]) == {"a": {"x": 4, "y": 3}, "b": {"x": 2}}


def test_a_method_of_the_user_s_own_has_settings_too() -> None:
    assert parse_assignments(["my.module:Mine.k=3"], ["my.module:Mine"]) == {"my.module:Mine": {"k": 3}}


@pytest.mark.parametrize("text", ["k=3", "mock.k", ".k=3", "mock.=3", "", "=", "3"])
def test_what_is_no_assignment_is_shown_what_is(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^--set '.*': right would be METHOD\.NAME=VALUE, e\.g\. mfrnet\.k=3\.$"):
        parse_assignments([text], ["mock"])


def test_a_method_that_does_not_run_has_no_settings() -> None:
    with pytest.raises(SettingsError, match=r"^--set 'mfrnet\.k=3': method 'mfrnet' is not in this run \(a, b\)\.$"):
        parse_assignments(["mfrnet.k=3"], ["a", "b"])
