"""``bench methods``: the methods that can be run, and the settings of each."""

import json
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from harness.errors import MissingExtraError

if TYPE_CHECKING:
    from rich.table import Table

    from harness.methods.base import Method


def methods(
    name: Annotated[str | None, typer.Argument(help="One method, with its settings.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Defaults as JSON; null for a method that is not installed.")
    ] = False,
) -> None:
    """List the methods, or explain the settings of one: default, range and meaning."""
    from harness.methods import METHODS

    types = {name: METHODS.get(name)} if name else dict(METHODS.loadable())
    if as_json:
        print(json.dumps({each: _defaults(kind, is_required=name is not None) for each, kind in types.items()}))
        return
    from rich.console import Console

    if name is not None:
        Console().print(_settings_table(types[name].Settings))
        after: frozenset[str] = getattr(types[name], "after_training", frozenset())
        if after:
            named = ", ".join(each.name for each in fields(types[name].Settings) if each.name in after)
            Console(highlight=False).print(
                f"Fits that differ in these alone share one training: {named}.", markup=False
            )
        print(f"Change a setting: bench run --set {name}.SETTING=VALUE")
        return
    Console().print(_methods_table(types))
    print("Settings of one method: bench methods NAME")
    print("Any other model of anomalib: anomalib:NAME, e.g. anomalib:cfa (docs/baselines.md)")


def _defaults(method: "type[Method]", *, is_required: bool) -> dict[str, Any] | None:
    from harness.config import as_json

    try:
        return as_json(method.Settings())
    except MissingExtraError:
        if is_required:
            raise
        return None


def _methods_table(types: "dict[str, type[Method]]") -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table("method", "description")
    for name, kind in types.items():
        table.add_row(name, escape((kind.__doc__ or "").strip().partition("\n")[0]))
    return table


def _settings_table(settings_type: type[Any]) -> "Table":
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from harness.config import as_json

    table = Table(box=box.SIMPLE, leading=1)
    table.add_column("setting", no_wrap=True)
    table.add_column("default", max_width=20, overflow="fold")
    table.add_column("range", max_width=12)
    table.add_column("meaning")
    defaults, hints = as_json(settings_type()), get_type_hints(settings_type)
    for field in fields(settings_type):
        meaning = field.metadata.get("help", "")
        cells = field.name, json.dumps(defaults[field.name]), _range(field, hints[field.name]), meaning
        table.add_row(*map(escape, cells))
    return table


def _range(field: "Field[Any]", annotation: Any) -> str:
    low, high, choices = (field.metadata.get(key) for key in ("low", "high", "choices"))
    if choices is None and get_origin(annotation) is Literal:
        choices = get_args(annotation)
    if choices is None and annotation is bool:
        choices = (False, True)
    if choices is not None:
        return " or ".join(json.dumps(choice) for choice in choices)
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"at least {low}"
    return f"at most {high}" if high is not None else ""
