from typing import Any

import pytest

from harness.config import parse_assignments, parse_protocol, parse_values
from harness.errors import SettingsError


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


def test_assignments_are_gathered_by_method_and_the_last_one_counts() -> None:
    typed = ["a.x=1", "b.x=2", "a.y=3", "a.x=4"]
    assert parse_assignments(typed, ["a", "b"]) == {"a": {"x": 4, "y": 3}, "b": {"x": 2}}


def test_a_method_of_the_user_s_own_has_settings_too() -> None:
    assert parse_assignments(["my.module:Mine.k=3"], ["my.module:Mine"]) == {"my.module:Mine": {"k": 3}}


@pytest.mark.parametrize("text", ["k=3", "mock.k", ".k=3", "mock.=3", "", "=", "3"])
def test_what_is_no_assignment_is_shown_what_is(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^--set: expected METHOD\.NAME=VALUE, e\.g\. mfrnet\.k=3, got '.*'\.$"):
        parse_assignments([text], ["mock"])


def test_a_method_that_does_not_run_has_no_settings() -> None:
    with pytest.raises(SettingsError, match=r"^--set 'mfrnet\.k=3': method 'mfrnet' is not in this run \(a, b\)\.$"):
        parse_assignments(["mfrnet.k=3"], ["a", "b"])


def test_choices_of_the_protocol_are_for_all_data_sets_or_for_one() -> None:
    typed = ["aspect=pad", "ksdd.aspect=tiles", "ksdd.tile_overlap=0.5", "my.parts.aspect=keep", "aspect=square"]
    assert parse_protocol(typed) == {
        "aspect": "square",
        "datasets": {"ksdd": {"aspect": "tiles", "tile_overlap": 0.5}, "my.parts": {"aspect": "keep"}},
    }


@pytest.mark.parametrize("text", ["aspect", "=pad", ".aspect=pad", "ksdd.=pad", "datasets=3", ""])
def test_what_is_no_choice_of_the_protocol_is_shown_what_is(text: str) -> None:
    with pytest.raises(
        SettingsError, match=r"^--protocol: expected NAME=VALUE or DATASET\.NAME=VALUE, e\.g\. .*, got '.*'\.$"
    ):
        parse_protocol([text])


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


@pytest.mark.parametrize("text", ["9" * 5000, "[" * 5000])
def test_what_python_cannot_read_is_refused_in_words(text: str) -> None:
    for read in (lambda: parse_assignments([f"mock.rate={text}"], ["mock"]), lambda: parse_values(text)):
        with pytest.raises(SettingsError, match=r"^value.? = .* \.\.\.: cannot be read \("):
            read()
