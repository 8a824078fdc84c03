"""What pydantic found wrong, in one line and in the words of whoever typed the value."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.phrasing import counted

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "a string",
    "string_too_short": "a string that is not empty",
    "string_pattern_mismatch": "a string that matches {pattern}",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "path_type": "a path",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "literal_error": "{expected}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "multiple_of": "a multiple of {multiple_of}",
}
# pydantic names the alternative of a union that it tried in the place of the error.
_ALTERNATIVE = re.compile(r"^(int|float|str|bool|(literal|tuple|list|dict|constrained|function|nullable)\b.*)$")
_MAX_SHOWN = 80


def one_line(error: ValidationError, examples: Mapping[str, Any] | None = None) -> str:
    """The first thing that is wrong, as a sentence ``place: expected X, got Y``.

    Args:
        error: What pydantic raised.
        examples: Field to a value that would be accepted; named where a list is expected.

    >>> from pydantic import BaseModel
    >>> class Size(BaseModel):
    ...     width: int
    >>> try:
    ...     Size(width="wide")
    ... except ValidationError as error:
    ...     one_line(error)
    "width: expected a whole number, got 'wide'."
    """
    place = ".".join(str(part) for part in place_of(error))
    return f"{place}: {problem_of(error, examples)}." if place else f"{problem_of(error, examples)}."


def place_of(error: ValidationError) -> tuple[str | int, ...]:
    """Where the first thing is wrong: keys of tables, and positions in lists unless they come last."""
    place = _path(error.errors()[0])
    # "seeds: expected a whole number" says enough; the value that came is shown.
    return place[:-1] if len(place) > 1 and isinstance(place[-1], int) else place


def problem_of(error: ValidationError, examples: Mapping[str, Any] | None = None) -> str:
    """What is wrong there, without the place and without a full stop."""
    first, *others = error.errors()
    place = _path(first)
    if first["type"] == "missing":
        return "missing"
    if first["type"] == "extra_forbidden":
        return f"unknown key, got {_shown(first['input'])}"
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ValueError):
        return str(cause).rstrip(".")
    example = (examples or {}).get(str(place[0])) if len(place) == 1 else None
    alternatives = [first, *(other for other in others if _path(other) == place)]
    expected = dict.fromkeys(_expected(each, example) for each in alternatives)
    if None in expected:
        return first["msg"].rstrip(".")
    return f"expected {' or '.join(map(str, expected))}, got {_shown(first['input'])}"


def _path(details: ErrorDetails) -> tuple[str | int, ...]:
    return tuple(part for part in details["loc"] if isinstance(part, int) or not _ALTERNATIVE.match(part))


def _expected(details: ErrorDetails, example: Any) -> str | None:
    context: dict[str, Any] = details.get("ctx", {})
    if details["type"] == "too_short":
        return f"at least {counted(context['min_length'], 'entry', 'entries')}"
    if details["type"] == "too_long":
        return f"at most {counted(context['max_length'], 'entry', 'entries')}"
    words = _EXPECTED.get(details["type"])
    if words is None:
        return None
    if details["type"] in ("tuple_type", "list_type") and example is not None:
        words = f"a list such as {_shown(example)}".replace("{", "{{").replace("}", "}}")
    return words.format(**{name: _plain(value) for name, value in context.items()})


def _plain(value: Any) -> Any:
    """A bound as it would be typed: 100, not 100.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        value = list(value)
    text = repr(value).replace("\n", " ")
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."
