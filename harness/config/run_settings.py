"""Everything a run is asked for: flags over a TOML file over defaults."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from harness.config.protocol import Protocol
from harness.environment import default_data_root, default_results
from harness.errors import SettingsError, UnknownNameError

Policy = Literal["only-missing", "failed", "always", "never"]
"""Which cells run: those without a record; failed ones too; all; none."""


class RunSettings(BaseModel):
    """What to run on what, and where. Policy, workers, device, panels and costs change no number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    datasets: tuple[str, ...] = Field(default=("all",), min_length=1)
    """Names, folders with a ``dataset.toml``, or ``all``: every installed one, else ``demo``."""
    categories: tuple[str, ...] = ()
    """``category`` or ``dataset/category``; empty for all."""
    methods: tuple[str, ...] = Field(default=("mfrnet",), min_length=1)
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = Field(default=(0,), min_length=1)
    data: Path = Field(default_factory=default_data_root)
    results: str = Field(default_factory=default_results)
    protocol: Protocol = Protocol()
    dataset_protocols: dict[str, Protocol] = Field(default_factory=dict, alias="protocol.datasets")
    """Data set to its protocol, where that is not ``protocol``; ``[protocol.datasets.NAME]`` in a file."""
    split: str = "published"
    """``published``, ``grouped``, ``kfold-K-I`` or a manifest's path ending in ``.csv``."""
    backbone: str | None = None
    """Backbone of every method that has one; None for each method's default."""
    weights: dict[str, Path] = Field(default_factory=dict)
    """Backbone name to a local file; ``""`` means whatever backbone the methods use."""
    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Method to its settings that differ from the defaults; ``[methods.NAME]`` in a file."""
    policy: Policy = "only-missing"
    workers: int | None = Field(default=None, ge=0)
    """Worker processes; 0 runs in this process; None decides by cores, GPUs and cells."""
    cpus_per_worker: float | None = Field(default=None, gt=0)
    gpus_per_worker: float | None = Field(default=None, ge=0)
    data_parallel: Literal["auto"] | Annotated[int, Field(ge=1)] = "auto"
    """Processes that train one cell together; ``auto`` lets idle GPUs join when cells are fewer than GPUs."""
    address: str | None = None
    """A running Ray cluster; ``local`` for one that is started here; None for this machine without Ray."""
    device: str = "auto"
    panels: int = Field(default=0, ge=0)
    """Heat-map panels of test images to write for each cell."""
    costs: bool = True
    """Whether latency and size are measured; a record without them has no place in a table of costs."""

    @property
    def is_here(self) -> bool:
        """Whether the workers are on this machine."""
        return self.address in (None, "local")

    def protocol_of(self, dataset: str) -> Protocol:
        """The protocol of a data set."""
        return self.dataset_protocols.get(dataset, self.protocol)

    @field_validator("data")
    @classmethod
    def _without_tilde(cls, data: Path) -> Path:
        return data.expanduser().absolute()

    @field_validator("split")
    @classmethod
    def _where_workers_find_it(cls, split: str) -> str:
        return str(Path(split).expanduser().absolute()) if split.lower().endswith(".csv") else split

    @field_validator("results")
    @classmethod
    def _absolute(cls, results: str) -> str:
        return results if "://" in results else str(Path(results).expanduser().absolute())


def load_run_settings(flags: Mapping[str, Any], config: Path | None = None) -> RunSettings:
    """Merge a file and flags.

    Args:
        flags: Field to value, only those that were given. ``protocol``, with its ``datasets``, and
            ``overrides`` are merged with the file's key by key, everything else replaces it.
        config: A TOML file with the fields of ``RunSettings``; ``[protocol]``,
            ``[protocol.datasets.NAME]``, ``[weights]`` and ``[methods.NAME]`` are tables. What the
            protocol of a data set does not say is as in ``[protocol]``.

    Raises:
        SettingsError: The file is missing or not TOML, or a value is of the wrong type or range.
        UnknownNameError: No setting has that name.
    """
    values = _read(config) if config else {}
    for name, value in flags.items():
        if name == "weights":
            values[name] = {**values.get(name, {}), **value}
        elif name == "protocol":
            of_file = values.get(name, {})
            datasets = _merged(of_file.get("datasets", {}), value.get("datasets", {}))
            values[name] = {**of_file, **value, "datasets": datasets}
        elif name == "overrides":
            values[name] = _merged(values.get(name, {}), value)
        else:
            values[name] = value
    known = set(RunSettings.model_fields)
    for name in values:
        if name not in known:
            raise UnknownNameError.of(f"setting in {config}:" if config else "setting", name, known)
    if "protocol" in values:
        everywhere = dict(values["protocol"])
        of_datasets = everywhere.pop("datasets", {})
        values["protocol"] = everywhere
        values["protocol.datasets"] = {name: _inheriting(everywhere, own) for name, own in of_datasets.items()}
    try:
        return RunSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{place} = {first['input']!r}: {first['msg'].lower()}.") from error


def _merged(under: Mapping[str, dict[str, Any]], over: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Two tables of tables, the second one's values over the first one's."""
    merged = {name: dict(table) for name, table in under.items()}
    for name, table in over.items():
        merged.setdefault(name, {}).update(table)
    return merged


def _inheriting(everywhere: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The protocol of a data set. One with an aspect of its own takes over nothing about tiles."""
    inherited = {name: value for name, value in everywhere.items() if not ("aspect" in own and name.startswith("tile"))}
    return {**inherited, **own}


def _read(config: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(config.read_text())
    except FileNotFoundError as error:
        raise SettingsError(f"--config {config}: there is no such file.") from error
    except OSError as error:
        raise SettingsError(f"--config {config}: cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"--config {config}: not TOML: {error}.") from error
    for name in ("protocol", "weights", "overrides"):
        if not isinstance(values.get(name, {}), dict):
            raise SettingsError(f"--config {config}: {name} = {values[name]!r}: right would be a table [{name}].")
    of_datasets = values.get("protocol", {}).get("datasets", {})
    if not isinstance(of_datasets, dict) or not all(isinstance(table, dict) for table in of_datasets.values()):
        raise SettingsError(
            f"--config {config}: protocol.datasets = {of_datasets!r}: right would be tables [protocol.datasets.NAME]."
        )
    if "methods" in values and isinstance(values["methods"], dict):
        # A table of settings also says which methods run.
        values["overrides"] = values.pop("methods")
        values.setdefault("methods", list(values["overrides"]))
    return values
