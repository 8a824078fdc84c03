"""``bench methods``: what can be run, and every setting with its default."""

import dataclasses
import json
from typing import Annotated

import typer


def methods(
    name: Annotated[str | None, typer.Argument(help="One method, with its settings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List methods, or the settings of one and their defaults."""
    from harness.config import as_json as settings_as_json
    from harness.methods import METHODS

    names = [name] if name else list(METHODS.names())
    types = {each: METHODS.get(each) for each in names}
    if as_json:
        print(json.dumps({each: settings_as_json(kind.Settings()) for each, kind in types.items()}))
        return
    from rich.console import Console
    from rich.table import Table

    if name is None:
        table = Table("method", "what it is", "settings")
        for each, kind in types.items():
            fields = dataclasses.fields(kind.Settings)
            table.add_row(each, (kind.__doc__ or "").strip().splitlines()[0], str(len(fields)))
        Console().print(table)
        print("Settings of one: bench methods NAME. Change one: bench run --set NAME.SETTING=VALUE")
        return
    table = Table("setting", "default")
    for setting, value in settings_as_json(types[name].Settings()).items():
        table.add_row(setting, json.dumps(value))
    Console().print(table)
