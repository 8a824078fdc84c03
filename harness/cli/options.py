"""Flags that several commands share, and their way into ``RunSettings``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from harness.config import RunSettings, load_run_settings, parse_assignments, parse_protocol
from harness.errors import SettingsError
from harness.methods import METHODS

WHAT, WHERE, HOW = "What to run", "Where data and results are", "How to run"

Datasets = Annotated[
    str | None,
    typer.Option(help="Names, comma-separated; 'all' is every installed one, else 'demo'.", rich_help_panel=WHAT),
]
Categories = Annotated[
    str | None, typer.Option(help="Only these: CATEGORY or DATASET/CATEGORY, comma-separated.", rich_help_panel=WHAT)
]
Methods = Annotated[str | None, typer.Option(help="Names, comma-separated; see 'bench methods'.", rich_help_panel=WHAT)]
_SPLITS = "published, grouped (no twins on two sides), kfold-K-I, or a manifest FILE.csv"
Split = Annotated[str | None, typer.Option(help=f"{_SPLITS} (default: published).", rich_help_panel=WHAT)]
OneSplit = Annotated[str, typer.Option("--split", help=f"{_SPLITS}.")]
Seeds = Annotated[str | None, typer.Option(help="Comma-separated, e.g. 0,1,2.", rich_help_panel=WHAT)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="METHOD.NAME=VALUE", help="A setting of a method; repeatable.", rich_help_panel=WHAT),
]
Backbone = Annotated[
    str | None,
    typer.Option(help="Backbone of all methods: a timm name, or 'filter_bank' (no weights).", rich_help_panel=WHAT),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(metavar="[NAME=]FILE", help="Local weights of a backbone; repeatable.", rich_help_panel=WHAT),
]
ImageSize = Annotated[
    int | None, typer.Option(help="Shorter side in pixels, a multiple of 32 (default: 192).", rich_help_panel=WHAT)
]
Protocol = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[DATASET.]NAME=VALUE",
        help="A choice of the protocol: aspect=keep, square, pad or tiles; tile_overlap=0.25; tiled_size_px=384; "
        "resolution=frame or own; mask_threshold=127. With a data set's name, for that one alone; repeatable.",
        rich_help_panel=WHAT,
    ),
]
Config = Annotated[Path | None, typer.Option(help="TOML file with any of these settings.", rich_help_panel=WHERE)]
Data = Annotated[
    Path | None,
    typer.Option(help="Data root, one folder a data set (default: BENCH_DATA, else data).", rich_help_panel=WHERE),
]
Results = Annotated[
    str | None,
    typer.Option(
        help="Folder or s3:// URL of the results (default: BENCH_RESULTS, else results).", rich_help_panel=WHERE
    ),
]
Policy = Annotated[
    str | None,
    typer.Option(help="only-missing, failed (those too), always, never.", rich_help_panel=HOW),
]
Workers = Annotated[
    int | None,
    typer.Option(help="Worker processes; 0 runs in this process (default: by cores and GPUs).", rich_help_panel=HOW),
]
CpusPerWorker = Annotated[float | None, typer.Option(help="Cores of each.", rich_help_panel=HOW)]
GpusPerWorker = Annotated[float | None, typer.Option(help="GPUs of each; a fraction shares one.", rich_help_panel=HOW)]
Address = Annotated[
    str | None,
    typer.Option(
        envvar="RAY_ADDRESS",
        help="Under Ray: a running cluster's HOST:PORT or auto; local starts one here.",
        rich_help_panel=HOW,
    ),
]
Costs = Annotated[
    bool | None,
    typer.Option("--costs/--no-costs", help="Measure latency and size on disk (default: yes).", rich_help_panel=HOW),
]
Device = Annotated[str | None, typer.Option(help="auto, cpu or cuda.", rich_help_panel=HOW)]


def run_settings(
    *,
    config: Path | None,
    datasets: str | None,
    categories: str | None,
    methods: str | None,
    seeds: str | None,
    set_: list[str] | None,
    backbone: str | None,
    weights: list[str] | None,
    image_size: int | None,
    protocol: list[str] | None,
    **others: Any,
) -> RunSettings:
    """Turn flags into settings; a flag that was not given leaves file and default alone.

    Raises:
        BenchError: A flag, or the file, is wrong.
    """
    flags: dict[str, Any] = {name: value for name, value in others.items() if value is not None}
    lists = {"datasets": datasets, "categories": categories, "methods": methods}
    flags |= {name: split_names(value) for name, value in lists.items() if value is not None}
    if seeds is not None:
        flags["seeds"] = parse_seeds(seeds)
    if backbone is not None:
        flags["backbone"] = backbone
    if weights:
        flags["weights"] = dict(_named_file(text) for text in weights)
    choices = parse_protocol(protocol or [])
    if image_size is not None:
        if "image_size_px" in choices:
            raise SettingsError(
                "--image-size and --protocol image_size_px say the same; right would be one of the two."
            )
        choices["image_size_px"] = image_size
    if choices:
        flags["protocol"] = choices
    settings = load_run_settings(flags, config)
    if not set_:
        return settings
    for method in settings.methods:
        METHODS.check(method)
    return load_run_settings({**flags, "overrides": parse_assignments(set_, settings.methods)}, config)


def split_names(text: str) -> tuple[str, ...]:
    """Names between commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def chosen_names(text: str | None) -> tuple[str, ...] | None:
    """Names between commas that records are chosen by; None, which chooses all, for ``all`` or no text."""
    return None if text is None or text == "all" else split_names(text)


def parse_seeds(text: str) -> tuple[int, ...]:
    """Whole numbers between commas.

    Raises:
        SettingsError: One of them is none, or is negative.
    """
    names = split_names(text)
    if not names or not all(name.isdecimal() for name in names):
        raise SettingsError(f"--seeds {text!r}: right would be whole numbers of 0 or more, e.g. 0,1,2.")
    return tuple(int(name) for name in names)


def _named_file(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    return (name, path) if equals else ("", text)
