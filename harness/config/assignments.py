"""Settings as they are typed: ``PLACE.NAME=VALUE``. A value that is not TOML is a plain string."""

import tomllib
from collections.abc import Sequence
from typing import Any

from harness.errors import SettingsError


def parse_assignments(assignments: Sequence[str], methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read ``--set method.name=value``.

    >>> parse_assignments(["mfrnet.k=3", "mfrnet.layers=[2, 3]"], ["mfrnet"])
    {'mfrnet': {'k': 3, 'layers': [2, 3]}}

    Args:
        assignments: As typed.
        methods: The methods of this run.

    Returns:
        Method to its overrides.

    Raises:
        SettingsError: One of them does not have this form, or its method is not in this run.
    """
    overrides: dict[str, dict[str, Any]] = {}
    for assignment in assignments:
        target, equals, text = assignment.partition("=")
        method, dot, name = target.strip().rpartition(".")
        if not (equals and dot and method and name):
            raise SettingsError(f"--set: expected METHOD.NAME=VALUE, e.g. mfrnet.k=3, got {assignment!r}.")
        if method not in methods:
            raise SettingsError(f"--set {assignment!r}: method {method!r} is not in this run ({', '.join(methods)}).")
        overrides.setdefault(method, {})[name] = _value(text.strip())
    return overrides


def parse_protocol(assignments: Sequence[str]) -> dict[str, Any]:
    """Read ``--protocol name=value`` and ``--protocol dataset.name=value``.

    Args:
        assignments: As typed.

    Returns:
        The same content as ``[protocol]`` of a file; choices for one data set are below ``datasets``.

    Raises:
        SettingsError: One of them does not have this form.
    """
    protocol: dict[str, Any] = {}
    for assignment in assignments:
        target, equals, text = assignment.partition("=")
        dataset, dot, name = target.strip().rpartition(".")
        if not (equals and name) or (dot and not dataset) or name == "datasets":
            raise SettingsError(
                f"--protocol: expected NAME=VALUE or DATASET.NAME=VALUE, e.g. ksdd.aspect=tiles, got {assignment!r}."
            )
        of = protocol.setdefault("datasets", {}).setdefault(dataset, {}) if dataset else protocol
        of[name] = _value(text.strip())
    return protocol


def parse_values(text: str) -> tuple[Any, ...]:
    """Read values between commas, each as after the ``=`` of ``--set``; lists keep their own commas.

    >>> parse_values("2,3"), parse_values("[2],[2,3]"), parse_values("keep,square")
    ((2, 3), ([2], [2, 3]), ('keep', 'square'))
    """
    try:
        return tuple(_toml(f"values = [{text}]")["values"])
    except tomllib.TOMLDecodeError:
        return tuple(_value(part.strip()) for part in text.split(","))


def _value(text: str) -> Any:
    try:
        return _toml(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, RecursionError) as error:  # too many digits, or brackets within brackets
        raise SettingsError(f"{text[:40]} ...: cannot be read ({error}).") from error
