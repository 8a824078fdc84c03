"""Everything a run is asked for: flags over a TOML file over a suite over defaults."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from harness.config.flag import HOW, WHAT, WHERE, Flag
from harness.config.protocol import Protocol
from harness.config.suites import suite_values
from harness.config.toml_file import read_toml
from harness.config.validation import one_line
from harness.environment import default_data_root, default_results
from harness.errors import SettingsError, UnknownNameError
from harness.phrasing import contaminate_words, corrupt_words, limit_words
from harness.regimes import ONE_CLASS, check_regime, regime_words, shots_of

Policy = Literal["only-missing", "failed", "always", "never"]
"""Which cells run: those without a record; failed ones too; all; none."""

ThresholdRule = Literal["order", "mean-3sd"]
"""How thresholds follow from scores of good images: the order statistic for a rate of false alarms; or mean plus three
standard deviations, of the scores for images and of all pixels of the maps for pixels."""

MAX_SEED = 2**32 - 1
"""The largest seed that torch, numpy and lightning all accept."""

_TABLES = ("protocol", "weights")
_MIN_DRAWS = 5
"""Seeds with which a mean over draws of a few images says something."""


class RunSettings(BaseModel):
    """What to run on what, and where.

    Policy, workers, data_parallel, device, panels and track change no number, and ``skip_unreadable`` none of a cell
    that finishes without it. The docstring of a field with a ``Flag`` is the help text of its flag.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    datasets: Annotated[tuple[str, ...], Flag(WHAT)] = Field(("all",), min_length=1, examples=[["mvtec_ad", "mtd"]])
    """Data sets, folders with a dataset.toml, or DATASET/CATEGORY; 'all' is every installed one, else 'demo'."""
    categories: Annotated[tuple[str, ...], Flag(WHAT)] = Field((), examples=[["bottle", "visa/pcb1"]])
    """Only these categories: CATEGORY or DATASET/CATEGORY."""
    methods: Annotated[tuple[str, ...], Flag(WHAT)] = Field(("mfrnet",), min_length=1, examples=[["mfrnet", "padim"]])
    """Methods; see 'bench methods'."""
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, le=MAX_SEED)], ...], Flag(WHAT)] = Field(
        (0,), min_length=1, examples=[[0, 1]]
    )
    """Seeds, e.g. 0,1,2."""
    split: Annotated[str, Flag(WHAT)] = "published"
    """published, grouped (no near duplicates on two sides), kfold-K-I, fold-K where a data set publishes folds, or
    a manifest FILE.csv."""
    limit: Annotated[int | None, Flag(WHAT, "N")] = Field(None, ge=1)
    """A smoke run: at most N training images and at most N normal and N defect test images of each category. Its
    records stand in no table unless asked for."""
    overrides: Annotated[dict[str, dict[str, Any]], Flag(WHAT, "METHOD.NAME=VALUE", "--set")] = {}
    """A setting of a method, where it differs from the default; repeatable."""
    backbone: Annotated[str | None, Flag(WHAT)] = None
    """Backbone of every method that has one: a timm name, or 'filter_bank' (no weights)."""
    weights: Annotated[dict[str, Path], Flag(WHAT, "[NAME=]FILE")] = {}
    """Local weights of a backbone, of all backbones without NAME; repeatable."""
    protocol: Annotated[Protocol, Flag(WHAT, "[DATASET.]NAME=VALUE")] = Protocol()
    """A choice of the protocol: aspect=keep, square, pad or tiles; tile_overlap=0.25; tiled_size_px=384;
    resolution=frame or own; mask_threshold=127. With the name of a data set, for that one alone; repeatable."""
    dataset_protocols: dict[str, Protocol] = Field({}, alias="protocol.datasets")
    """Data set to its protocol, where that is not ``protocol``; ``[protocol.datasets.NAME]`` in a file."""
    data: Annotated[Path, Flag(WHERE)] = Field(default_factory=default_data_root)
    """Data root, one folder for each data set (default: BENCH_DATA, else data)."""
    results: Annotated[str, Flag(WHERE)] = Field(default_factory=default_results)
    """Folder or s3:// URL of the results (default: BENCH_RESULTS, else results)."""
    policy: Annotated[Policy, Flag(HOW)] = "only-missing"
    """Which cells run: only-missing, failed (those too), always, never."""
    skip_unreadable: Annotated[bool, Flag(HOW)] = False
    """Go on without images that cannot be read or whose masks cannot, instead of failing their cells; records and
    tables tell which."""
    workers: Annotated[int | None, Flag(HOW)] = Field(None, ge=0)
    """Worker processes; 0 runs in this process (default: by cores, GPUs and cells)."""
    cpus_per_worker: Annotated[float | None, Flag(HOW)] = Field(None, gt=0, allow_inf_nan=False)
    """Cores of each worker."""
    gpus_per_worker: Annotated[float | None, Flag(HOW)] = Field(None, ge=0, allow_inf_nan=False)
    """GPUs of each worker; several workers share one GPU if this is a fraction."""
    data_parallel: Annotated[Literal["auto"] | Annotated[int, Field(ge=1)], Flag(HOW, "N|auto")] = "auto"
    """Processes that train one cell together; auto lets idle GPUs join when cells are fewer than GPUs."""
    address: Annotated[str | None, Flag(HOW, envvar="RAY_ADDRESS")] = None
    """A running Ray cluster, HOST:PORT or auto; local starts one on this machine."""
    device: Annotated[str, Flag(HOW)] = "auto"
    """auto, cpu or cuda."""
    panels: Annotated[int, Flag(HOW)] = Field(0, ge=0)
    """Heat-map panels to write for each cell: of N defect images, and of the N good images that score highest."""
    keep_models: Annotated[Literal["none", "best", "all"], Flag(HOW)] = "none"
    """Keep fitted detectors below RESULTS/models: all, or of each category the best by image AUROC."""
    calibration_folds: Annotated[int, Flag(HOW)] = Field(0, ge=0)
    """Fit N more detectors a cell on parts of its good images, to set a threshold and measure it; 0 for none. Where a
    data set has validation images, they set it, always and without further fits."""
    false_alarms: Annotated[float, Flag(HOW, "SHARE")] = Field(0.05, gt=0, lt=1)
    """Share of good images that this threshold lets raise an alarm."""
    threshold_rule: Annotated[ThresholdRule | None, Flag(HOW, "order|mean-3sd", "--rule")] = None
    """order: the order statistic for --false-alarms; mean-3sd: mean plus three standard deviations (default: the data
    set's own, mean-3sd for mvtec_ad_2 and order for all others)."""
    track: Annotated[tuple[str, ...], Flag(HOW, is_repeatable=True)] = Field((), examples=[["mlflow", "wandb"]])
    """Programs that get every cell that ends: mlflow, wandb, tensorboard, trackio (docs/trackers.md); repeatable."""
    corrupt: Annotated[str | None, Flag(WHAT, "NAME:SEVERITY")] = None
    """Corrupt the test images: noise, blur, brightness, contrast, jpeg, shift or rotation, severity 1 to 5, e.g.
    noise:3. Records stand in no other table than that of 'bench robustness' unless asked for."""
    contaminate: Annotated[float | None, Flag(WHAT, "SHARE")] = Field(None, gt=0, lt=1)
    """Share of the training set that is defect images of the category, which are then not tested, e.g. 0.05. Records
    stand in no other table than that of 'bench robustness' unless asked for."""
    regime: Annotated[str, Flag(WHAT, "REGIME")] = ONE_CLASS
    """one-class (a model a category), multi-class (one model for all categories of a data set), or few-shot-K (K good
    images of each category, drawn by the seed; give at least five seeds). See docs/regimes.md."""

    @property
    def is_here(self) -> bool:
        """Whether the workers are on this machine."""
        return self.address in (None, "local")

    @property
    def notes(self) -> tuple[str, ...]:
        """What is asked for twice or has no effect, one sentence each.

        >>> RunSettings(seeds=(0, 1, 0)).notes
        ('Seed 0 was given twice and counts once.',)
        """
        twice = [
            f"{kind} {value} was given twice and counts once."
            for kind, values in (("Data set", self.datasets), ("Method", self.methods), ("Seed", self.seeds))
            for value in _repeated(values)
        ]
        unused = [
            f"The settings of method {name!r} have no effect: it is not in this run ({', '.join(self.methods)})."
            for name in self.overrides
            if name not in self.methods
        ]
        return (*twice, *unused, *self._limit_note, *self._regime_notes, *self._disturbance_notes)

    @property
    def _limit_note(self) -> tuple[str, ...]:
        if self.limit is None:
            return ()
        return (
            f"A smoke run: {limit_words(self.limit)}. Tables leave these records out unless they are asked for with "
            f"--limit {self.limit}.",
        )

    @property
    def _disturbance_notes(self) -> tuple[str, ...]:
        words = [*([] if self.corrupt is None else [(corrupt_words(self.corrupt), f"--corrupt {self.corrupt}")])]
        if self.contaminate is not None:
            words.append((contaminate_words(self.contaminate), f"--contaminate {self.contaminate:g}"))
        return tuple(
            f"{text[0].upper()}{text[1:]}. 'bench robustness' shows the loss; other tables leave these records out "
            f"unless they are asked for with {flag}."
            for text, flag in words
        )

    @property
    def _regime_notes(self) -> tuple[str, ...]:
        if self.regime == ONE_CLASS:
            return ()
        shown = f"Regime {regime_words(self.regime)}. Tables show these records with --regime {self.regime}."
        few = len(set(self.seeds)) < _MIN_DRAWS and shots_of(self.regime) is not None
        advice = (
            f"Which images are drawn matters much: at least {_MIN_DRAWS} seeds are advised with {self.regime}, e.g. "
            f"--seeds 0,1,2,3,4; got {len(set(self.seeds))}."
        )
        return (shown, advice) if few else (shown,)

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

    @field_validator("regime")
    @classmethod
    def _known_regime(cls, regime: str) -> str:
        check_regime(regime)
        return regime

    @field_validator("results")
    @classmethod
    def _absolute(cls, results: str) -> str:
        return results if "://" in results else str(Path(results).expanduser().absolute())


def run_settings(
    settings: RunSettings | Mapping[str, Any] | None = None, *, suite: str | None = None, **fields: Any
) -> RunSettings:
    """Settings as a notebook gives them.

    Args:
        settings: Checked settings, or their fields; None for the defaults.
        suite: Name of a suite, or a file, whose fields stand below all others.
        **fields: Fields of ``RunSettings`` that replace those of ``settings``. ``protocol`` is a mapping
            as ``[protocol]`` of a file is, ``methods`` a list of names or a mapping of names to settings.

    Raises:
        BenchError: A field or the suite is unknown, or a value has the wrong type or is out of range.

    >>> run_settings({"seeds": [0, 1]}, methods={"mfrnet": {"k": 3}}).overrides
    {'mfrnet': {'k': 3}}
    >>> run_settings(suite="smoke", limit=4).datasets
    ('demo',)
    """
    if isinstance(settings, RunSettings):
        under = settings if suite is None else _over(load_run_settings({}, suite=suite), settings)
        return _over(under, load_run_settings(fields))
    return load_run_settings({**(settings or {}), **fields}, suite=suite)


def load_run_settings(given: Mapping[str, Any], config: Path | None = None, suite: str | None = None) -> RunSettings:
    """Merge a suite, a file and what is given directly.

    Args:
        given: Field to value. ``protocol`` with its ``datasets``, ``weights`` and settings of methods are
            merged with the file's key by key; everything else replaces the file's value.
        config: A TOML file with fields of ``RunSettings``. ``methods`` is a list of names, or a table
            ``[methods.NAME]`` for each method that runs, with its settings; ``[protocol]``,
            ``[protocol.datasets.NAME]`` and ``[weights]`` are tables. What the protocol of a data set
            does not say is as in ``[protocol]``.
        suite: Name of a suite, or a TOML file with the same fields and a ``title``. The file goes over it in
            the same way.

    Raises:
        SettingsError: A file is missing or not TOML, or a value has the wrong type or is out of range.
        UnknownNameError: No setting or suite has that name.
    """
    values: dict[str, Any] = {}
    if suite is not None:
        values = _layered(values, _checked(suite_values(suite), f"--suite {suite}"), f"suite {suite}")
    if config is not None:
        values = _layered(values, _checked(read_toml(config, flag="--config"), f"--config {config}"), str(config))
    values = _layered(values, given)
    if isinstance(values.get("protocol"), dict):
        everywhere = dict(values["protocol"])
        of_datasets = everywhere.pop("datasets", {})
        for place, table in {"protocol": everywhere, **of_datasets}.items():
            for name in table if isinstance(table, Mapping) else ():
                if name not in Protocol.model_fields:
                    where = place if table is everywhere else f"protocol.datasets.{place}"
                    raise UnknownNameError.of(f"setting in {where}:", name, Protocol.model_fields)
        values["protocol"] = everywhere
        values["protocol.datasets"] = {name: _inheriting(everywhere, own) for name, own in of_datasets.items()}
    try:
        return RunSettings.model_validate(values)
    except ValidationError as error:
        examples = {name: field.examples[0] for name, field in RunSettings.model_fields.items() if field.examples}
        # The user's word for the settings of a method is [methods.NAME].
        line = one_line(error, examples).replace("overrides.", "methods.", 1)
        raise SettingsError(line) from error


def _over(under: RunSettings, settings: RunSettings) -> RunSettings:
    """The fields that were set in ``settings``, over those of ``under``."""
    return under.model_copy(update={name: getattr(settings, name) for name in settings.model_fields_set})


def _layered(under: Mapping[str, Any], over: Mapping[str, Any], source: str | None = None) -> dict[str, Any]:
    """The fields of ``over``, which come from ``source``, over those of ``under``; tables key by key."""
    values = dict(under)
    for name, value in _with_methods(over).items():
        if name not in RunSettings.model_fields:
            known = set(RunSettings.model_fields) - {"overrides", "dataset_protocols"}
            raise UnknownNameError.of(f"setting in {source}:" if source else "setting", name, known)
        if name == "weights" and isinstance(value, Mapping):
            values[name] = {**values.get(name, {}), **value}
        elif name == "protocol" and isinstance(value, Mapping):
            below = values.get(name, {})
            datasets = _merged(below.get("datasets", {}), value.get("datasets", {}))
            values[name] = {**below, **value, "datasets": datasets}
        elif name == "overrides" and isinstance(value, Mapping):
            values[name] = _merged(values.get(name, {}), value)
        else:
            values[name] = value
    return values


def _checked(values: dict[str, Any], where: str) -> dict[str, Any]:
    """The content of a file, if its tables are tables; ``where`` names the file."""
    if "overrides" in values:
        raise SettingsError(
            f"{where}: expected the settings of a method in [methods.NAME], got [overrides]. "
            "The tables also say which methods run; one without settings is an empty table."
        )
    for name in _TABLES:
        if not isinstance(values.get(name, {}), dict):
            raise SettingsError(f"{where}: {name}: expected a table [{name}], got {values[name]!r}.")
    of_datasets = values.get("protocol", {}).get("datasets", {})
    if not isinstance(of_datasets, dict) or not all(isinstance(table, dict) for table in of_datasets.values()):
        raise SettingsError(
            f"{where}: protocol.datasets: expected tables [protocol.datasets.NAME], got {of_datasets!r}."
        )
    return values


def _with_methods(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values``, with the names and the settings of methods apart where they came as one table."""
    methods = values.get("methods")
    if not isinstance(methods, Mapping):
        return dict(values)
    return {**values, "methods": list(methods), "overrides": dict(methods)}


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two tables of tables, the second one's values over the first one's."""
    merged = dict(under)
    for name, table in over.items():
        below = merged.get(name)
        merged[name] = {**below, **table} if isinstance(below, Mapping) and isinstance(table, Mapping) else table
    return merged


def _inheriting(everywhere: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The protocol of a data set. One with an aspect of its own takes over nothing about tiles."""
    inherited = {name: value for name, value in everywhere.items() if not ("aspect" in own and name.startswith("tile"))}
    return {**inherited, **own}


def _repeated(values: Iterable[Any]) -> list[Any]:
    listed = list(values)
    return [value for value in dict.fromkeys(listed) if listed.count(value) > 1]
