"""Flags made from the fields of a settings model, so that each is written once."""

import functools
import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_origin, get_type_hints

import typer
from pydantic import BaseModel

from harness.cli.model_flags import flag_of, option_of, typed, without_none
from harness.config import (
    RecordFilter,
    RunSettings,
    load_run_settings,
    parse_assignments,
    parse_protocol,
    record_filter,
)
from harness.config.flag import WHAT, WHERE
from harness.errors import SettingsError
from harness.methods import METHODS

Given = dict[str, Any]
"""Fields of a settings model that were given as flags, still as they were typed."""

Command = TypeVar("Command", bound=Callable[..., None])


Data = Annotated[Path | None, option_of(RunSettings, "data")]
Results = Annotated[str | None, option_of(RunSettings, "results")]
OneSplit = Annotated[str, option_of(RunSettings, "split")]
ImageSize = Annotated[
    int | None,
    typer.Option("--image-size", help="Shorter side in pixels, a multiple of 32 (default: 192).", rich_help_panel=WHAT),
]
Config = Annotated[
    Path | None, typer.Option("--config", help="TOML file with any of these settings.", rich_help_panel=WHERE)
]
Suite = Annotated[
    str | None,
    typer.Option(
        "--suite",
        metavar="NAME|FILE.toml",
        help="A run with a name, see 'bench suites'. --config and flags go over it.",
        rich_help_panel=WHAT,
    ),
]


def takes(
    model: type[BaseModel], *, only: Collection[str] = (), without: Collection[str] = ()
) -> Callable[[Command], Command]:
    """Add the flags of a model's fields to a command.

    The command's first parameter receives those that were given, as ``Given``. With the protocol of
    ``RunSettings`` comes ``--image-size``, and with all of its fields ``--config`` and ``--suite``.

    Args:
        model: ``RunSettings`` or ``RecordFilter``.
        only: Fields that become flags; all if empty.
        without: Fields that do not.
    """
    fields = {
        name: info
        for name, info in model.model_fields.items()
        if flag_of(info) and (not only or name in only) and name not in without
    }
    added: dict[str, Any] = {name: Annotated[typed(info), option_of(model, name)] for name, info in fields.items()}
    if "protocol" in fields:
        added["image_size"] = ImageSize
    if model is RunSettings and not only:
        added["config"] = Config
        added["suite"] = Suite

    def decorate(command: Command) -> Command:
        first, *own = inspect.signature(command).parameters.values()
        hints = get_type_hints(command, include_extras=True)

        @functools.wraps(command)
        def with_flags(**values: Any) -> None:
            given = {name: values.pop(name) for name in added}
            command(**{first.name: {name: value for name, value in given.items() if value not in (None, [])}}, **values)

        flags = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in added.items()
        ]
        kept = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[each.name]) for each in own]
        with_flags.__signature__ = inspect.Signature([*kept, *flags])  # type: ignore[attr-defined]
        with_flags.__annotations__ = {each.name: each.annotation for each in (*kept, *flags)}
        return with_flags  # type: ignore[return-value]

    return decorate


def run_settings(given: Given, **fields: Any) -> RunSettings:
    """Turn flags into settings; a flag that was not given leaves file, suite and default alone.

    Args:
        given: From ``takes(RunSettings)``.
        **fields: Fields that are settled without flags; None where they are not.

    Raises:
        BenchError: A flag, the suite or the file is wrong.
    """
    values = {name: _value(RunSettings, name, value) for name, value in given.items() if name in _PLAIN}
    values |= {name: value for name, value in fields.items() if value is not None}
    choices = parse_protocol(given.get("protocol", []))
    if "image_size" in given:
        if "image_size_px" in choices:
            raise SettingsError("Expected one of --image-size and --protocol image_size_px, got both.")
        choices["image_size_px"] = given["image_size"]
    if choices:
        values["protocol"] = choices
    below = given.get("config"), given.get("suite")
    settings = load_run_settings(values, *below)
    if "overrides" not in given:
        return settings
    for method in settings.methods:
        METHODS.check(method)
    overrides = parse_assignments(given["overrides"], settings.methods)
    return load_run_settings({**values, "overrides": overrides}, *below)


def records_asked_for(given: Given) -> RecordFilter:
    """Turn flags into a filter of records.

    Raises:
        BenchError: A flag is wrong.
    """
    values = {name: _value(RecordFilter, name, value) for name, value in given.items()}
    return record_filter({name: value for name, value in values.items() if value != ("all",)})


def split_names(text: str) -> tuple[str, ...]:
    """Names between commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def parse_seeds(text: str) -> tuple[int, ...]:
    """Whole numbers between commas.

    Raises:
        SettingsError: One of them is not a whole number of at least 0.
    """
    names = split_names(text)
    # Python reads a number of some thousand digits, and not of more.
    if not names or not all(name.isdecimal() and len(name) < 100 for name in names):
        raise SettingsError(f"--seeds: expected whole numbers of at least 0, e.g. 0,1,2, got {text!r}.")
    return tuple(int(name) for name in names)


_PLAIN = frozenset(RunSettings.model_fields) - {"overrides", "protocol"}


def _value(model: type[BaseModel], name: str, typed: Any) -> Any:
    kind = without_none(model.model_fields[name].annotation)
    if get_origin(kind) is tuple:
        # A flag that may be repeated came as a list of texts.
        text = typed if isinstance(typed, str) else ",".join(typed)
        return parse_seeds(text) if name == "seeds" else split_names(text)
    if get_origin(kind) is dict:
        return dict(_named_file(text) for text in typed)
    return typed


def _named_file(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    return (name, path) if equals else ("", text)
