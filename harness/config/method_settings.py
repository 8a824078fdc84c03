"""A method's settings: its defaults, and values that differ from them, checked."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from harness.config.validation import place_of, problem_of
from harness.errors import SettingsError, UnknownNameError

S = TypeVar("S")


def build_settings(method: str, settings_type: type[S], overrides: Mapping[str, Any]) -> S:
    """Defaults with overrides, types checked strictly and ranges by the settings themselves.

    Args:
        method: The method's name, for the error text.
        settings_type: A frozen dataclass with a default for every field.
        overrides: Field name to JSON value.

    Raises:
        UnknownNameError: The settings have no such field.
        SettingsError: A value has the wrong type or is out of range.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Settings:
    ...     layers: tuple[int, ...] = (2, 3)
    >>> build_settings("mfrnet", Settings, {"layers": [1, 2]})
    Settings(layers=(1, 2))
    """
    known = [field.name for field in fields(settings_type)]  # type: ignore[arg-type]
    for name in overrides:
        if name not in known:
            raise UnknownNameError.of(f"setting of method {method!r}:", name, known)
        _check_json(f"{method}.{name}", overrides[name])
    try:
        # Through JSON, so that a list from TOML or from a stored record becomes a tuple.
        return TypeAdapter(settings_type).validate_json(json.dumps(dict(overrides)), strict=True)
    except ValidationError as error:
        if isinstance(cause := error.errors()[0].get("ctx", {}).get("error"), ValueError):
            raise SettingsError(f"{method}.{cause}") from error
        defaults = {field.name: field.default for field in fields(settings_type)}  # type: ignore[arg-type]
        place = ".".join([method, *map(str, place_of(error))])
        raise SettingsError(f"{place}: {problem_of(error, defaults)}.") from error


def as_json(settings: Any) -> dict[str, Any]:
    """Settings as JSON values, every field resolved; a cell's identity holds them."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(settings)))
    return values


def _check_json(place: str, value: Any) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        # TOML has dates and infinities, a record has not.
        raise SettingsError(
            f"{place}: expected a finite number, a string, true, false or a list, got {value}."
        ) from error
