"""``bench methods``: what can be run, and every setting with its default."""

import json
from typing import Annotated, Any

import typer

from harness.errors import MissingExtraError


def methods(
    name: Annotated[str | None, typer.Argument(help="One method, with its settings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List methods, or the settings of one and their defaults (as JSON: null for one that is not installed)."""
    from harness.config import as_json as settings_as_json
    from harness.methods import METHODS

    names = [name] if name else list(METHODS.names())
    types = {each: METHODS.get(each) for each in names}
    if as_json:
        defaults: dict[str, Any] = {}
        for each, kind in types.items():
            try:
                defaults[each] = settings_as_json(kind.Settings())
            except MissingExtraError:
                if name:
                    raise
                defaults[each] = None
        print(json.dumps(defaults))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    if name is None:
        table = Table("method", "what it is")
        for each, kind in types.items():
            table.add_row(each, escape((kind.__doc__ or "").strip().splitlines()[0]))
        Console().print(table)
        print("Settings of one: bench methods NAME. Change one: bench run --set NAME.SETTING=VALUE")
        print("Any other model of anomalib: anomalib:NAME, e.g. anomalib:cfa (docs/baselines.md)")
        return
    table = Table("setting", "default")
    for setting, value in settings_as_json(types[name].Settings()).items():
        table.add_row(setting, json.dumps(value))
    Console().print(table)
