"""A typer option for a field of a settings model: help, panel, default and type come from the field."""

import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from harness.config import Protocol
from harness.config.flag import Flag


def option_of(model: type[BaseModel], field: str) -> Any:
    """The typer option for a field, with the field's help, panel and default."""
    info = model.model_fields[field]
    flag = flag_of(info) or Flag()
    text = " ".join((info.description or "").split())
    if (default := _default_text(info)) and "(default" not in text:
        text = f"{text.rstrip('.')} (default: {default})."
    return typer.Option(
        flag.name or f"--{field.replace('_', '-')}",
        help=text,
        metavar=flag.metavar or _metavar(info.annotation),
        rich_help_panel=flag.panel,
        envvar=flag.envvar,
        show_default=False,
    )


def typed(info: FieldInfo) -> Any:
    """The type that typer reads a flag as: text for lists, which are separated by commas."""
    kind = without_none(info.annotation)
    flag = flag_of(info)
    if get_origin(kind) is dict or kind is Protocol or (flag and flag.is_repeatable):
        return list[str] | None
    return (kind if kind in (int, float, bool, Path) else str) | None


def without_none(kind: Any) -> Any:
    """The type without None; str for several types, which pydantic tells apart."""
    if get_origin(kind) in (Union, types.UnionType):
        kinds = [each for each in get_args(kind) if each is not type(None)]
        return kinds[0] if len(kinds) == 1 else str
    return kind


def _metavar(kind: Any) -> str | None:
    kind = without_none(kind)
    if get_origin(kind) is tuple:
        return "N,..." if get_args(kind)[0] is not str else "NAME,..."
    return "|".join(map(str, get_args(kind))) if get_origin(kind) is Literal else None


def _default_text(info: FieldInfo) -> str:
    if (
        info.default_factory is not None
        or info.default in (None, (), {}, False, 0)
        or isinstance(info.default, Protocol)
    ):
        return ""
    return ",".join(map(str, info.default)) if isinstance(info.default, tuple) else str(info.default)


def flag_of(info: FieldInfo) -> Flag | None:
    """The mark of a field that is a flag of commands; None for one that is not."""
    return next((each for each in info.metadata if isinstance(each, Flag)), None)
