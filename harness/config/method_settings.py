"""Overrides from flags and files, checked against a method's settings."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

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
        first = error.errors()[0]
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, ValueError):
            raise SettingsError(f"{method}.{cause}") from error
        place = ".".join([method, *(str(part) for part in first["loc"][:1])])
        raise SettingsError(f"{place} = {first['input']!r}: {first['msg'].lower()}.") from error


def as_json(settings: Any) -> dict[str, Any]:
    """Settings as JSON values, every field resolved; what a cell's identity is made of."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(settings)))
    return values


def parse_assignments(assignments: Sequence[str], methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read ``--set method.name=value``; the value is TOML, or else a plain string.

    Args:
        assignments: As typed.
        methods: The methods of this run.

    Returns:
        Method to its overrides.

    Raises:
        SettingsError: Not of that form, or of a method that does not run.
    """
    overrides: dict[str, dict[str, Any]] = {}
    for assignment in assignments:
        target, equals, text = assignment.partition("=")
        method, dot, name = target.strip().rpartition(".")
        if not (equals and dot and method and name):
            raise SettingsError(f"--set {assignment!r}: right would be METHOD.NAME=VALUE, e.g. mfrnet.k=3.")
        if method not in methods:
            raise SettingsError(f"--set {assignment!r}: method {method!r} is not in this run ({', '.join(methods)}).")
        overrides.setdefault(method, {})[name] = _value(text.strip())
    return overrides


def parse_values(text: str) -> tuple[Any, ...]:
    """Read values between commas, each as after the ``=`` of ``--set``; lists keep their own commas.

    ``2,3`` are two numbers, ``[2],[2,3]`` two lists, ``keep,square`` two strings.
    """
    try:
        return tuple(tomllib.loads(f"values = [{text}]")["values"])
    except tomllib.TOMLDecodeError:
        return tuple(_value(part.strip()) for part in text.split(","))


def _check_json(place: str, value: Any) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        # TOML has dates and infinities, a record has not.
        raise SettingsError(
            f"{place} = {value}: right would be a finite number, a string, a boolean or a list."
        ) from error


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
