"""From what is asked and what is stored to what must run. Pure: no disk, no clock, no Ray."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Literal

from harness.config.protocol import Protocol
from harness.config.run_settings import Policy
from harness.records import PUBLISHED_SPLIT, CellIdentity
from harness.regimes import MULTI_CLASS, ONE_CLASS

Stored = Literal["ok", "failed"]


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values have equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, kw_only=True)
class CategorySource:
    """One category as the plan sees it."""

    dataset: str
    category: str
    data_fingerprint: str
    num_files: int
    """Files that a cell reads, masks included; the plan's measure of how long it takes."""


@dataclass(frozen=True, kw_only=True)
class MethodChoice:
    """One method with its settings resolved and checked."""

    method: str
    version: int
    settings: Mapping[str, Any]
    """JSON values only."""
    weights_sha256: str
    relative_cost: float = 1.0
    """Roughly how long one image takes; only orders the queue."""
    after_training: frozenset[str] = frozenset()
    """Settings that training does not read."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The unit of work: one method fitted and judged on one category under one seed."""

    dataset: str
    category: str
    method: str
    method_version: int
    seed: int
    settings_json: str
    protocol: Protocol
    data_fingerprint: str
    weights_sha256: str
    split: str = PUBLISHED_SPLIT
    limit: int | None = None
    """Most training, normal test and defect test images each; None for all."""
    cost: float
    corrupt: str | None = None
    """``NAME:SEVERITY`` of what happens to the test images; None where they stay as they are."""
    contaminate: float | None = None
    """Share of the training set that is defect images, in (0, 1); None where all are normal."""
    regime: str = ONE_CLASS
    after_training: frozenset[str] = frozenset()
    """Settings that training does not read; no part of what the cell is."""

    @cached_property
    def training_id(self) -> str:
        """The same for cells whose fits differ in nothing, or in what follows training alone."""
        if not self.after_training:
            return self.fit_id
        return replace(self, settings_json=_without(self.settings_json, self.after_training)).fit_id

    @cached_property
    def fit_id(self) -> str:
        """The same for cells that one fitted method judges; the cell's own id where it is fitted for it alone."""
        return replace(self, corrupt=None, category="" if self.regime == MULTI_CLASS else self.category).id

    @cached_property
    def id(self) -> str:
        """Sixteen hexadecimal digits that depend on content alone, never on paths or machines."""
        content = [
            self.dataset,
            self.category,
            self.method,
            self.method_version,
            self.seed,
            self.settings_json,
            self.protocol.key(),
            self.data_fingerprint,
            self.weights_sha256,
            # The split came later: cells of the published one keep the id they have always had.
            *([] if self.split == PUBLISHED_SPLIT else [self.split]),
            # So did the limit. A list of its own is no name of a split.
            *([] if self.limit is None else [["limit", self.limit]]),
            *([] if self.corrupt is None else [["corrupt", self.corrupt]]),
            *([] if self.contaminate is None else [["contaminate", self.contaminate]]),
            *([] if self.regime == ONE_CLASS else [["regime", self.regime]]),
        ]
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """For people: ``mvtec_ad/bottle mfrnet seed 0``."""
        return f"{self.dataset}/{self.category} {self.method} seed {self.seed}"

    def identity(self) -> CellIdentity:
        """The columns that a record of this cell starts with."""
        return CellIdentity(
            cell_id=self.id,
            dataset=self.dataset,
            category=self.category,
            method=self.method,
            method_version=self.method_version,
            seed=self.seed,
            settings=self.settings_json,
            protocol=self.protocol.key(),
            data_fingerprint=self.data_fingerprint,
            weights_sha256=self.weights_sha256,
            split=self.split,
            limit=self.limit,
            corrupt=self.corrupt,
            contaminate=self.contaminate,
            regime=self.regime,
        )


@dataclass(frozen=True, kw_only=True)
class SkippedCell:
    """A cell that will not run, and why."""

    cell: Cell
    reason: str


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """What runs, longest first but one cell of each training before the others, and what does not."""

    cells: tuple[Cell, ...]
    skipped: tuple[SkippedCell, ...]


def build_plan(
    sources: Sequence[CategorySource],
    methods: Sequence[MethodChoice],
    seeds: Sequence[int],
    protocol: Protocol,
    stored: Mapping[str, Stored],
    policy: Policy,
    split: str = PUBLISHED_SPLIT,
    dataset_protocols: Mapping[str, Protocol] | None = None,
    limit: int | None = None,
    corrupt: str | None = None,
    contaminate: float | None = None,
    regime: str = ONE_CLASS,
) -> RunPlan:
    """Cross sources, methods and seeds, and subtract what the store already answers.

    Args:
        sources: Categories to run on; repeated ones count once.
        methods: Methods with resolved settings; repeated ones count once.
        seeds: Seeds; repeated ones count once.
        protocol: The protocol of this run.
        stored: Cell id to the status of its stored record.
        policy: ``only-missing`` runs cells without any record. ``failed`` runs those and the cells
            whose record is a failure. ``always`` runs everything. ``never`` runs nothing.
        split: The one split of this run.
        dataset_protocols: Data set to its protocol, where that is another.
        limit: Most training, normal test and defect test images of each cell; None for all.
        corrupt: ``NAME:SEVERITY`` of what happens to the test images; None for nothing.
        contaminate: Share of the training set that is defect images; None for none.
        regime: What each cell is fitted on.

    Returns:
        A plan whose ids do not depend on the order of the arguments.
    """
    unique: dict[str, Cell] = {}
    for source in sources:
        for method in methods:
            for seed in seeds:
                cell = Cell(
                    dataset=source.dataset,
                    category=source.category,
                    method=method.method,
                    method_version=method.version,
                    seed=seed,
                    settings_json=canonical_json(dict(method.settings)),
                    protocol=(dataset_protocols or {}).get(source.dataset, protocol),
                    data_fingerprint=source.data_fingerprint,
                    weights_sha256=method.weights_sha256,
                    split=split,
                    limit=limit,
                    cost=_num_files(source, limit) * method.relative_cost,
                    corrupt=corrupt,
                    contaminate=contaminate,
                    regime=regime,
                    after_training=method.after_training,
                )
                unique.setdefault(cell.id, cell)
    cells: list[Cell] = []
    skipped: list[SkippedCell] = []
    for cell in _longest_first(unique.values()):
        reason = _reason_to_skip(stored.get(cell.id), policy)
        if reason is None:
            cells.append(cell)
        else:
            skipped.append(SkippedCell(cell=cell, reason=reason))
    return RunPlan(cells=tuple(_fits_first(cells)), skipped=tuple(skipped))


@cache
def _without(settings_json: str, names: frozenset[str]) -> str:
    """Settings but for some of them; a plan has many cells and few settings."""
    settings = json.loads(settings_json)
    return canonical_json({name: value for name, value in settings.items() if name not in names})


def _num_files(source: CategorySource, limit: int | None) -> int:
    # A limited cell reads three kinds of images, and the masks of one.
    return source.num_files if limit is None else min(source.num_files, 4 * limit)


def _longest_first(cells: Iterable[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda cell: (-cell.cost, cell.dataset, cell.category, cell.method, cell.seed, cell.id))


def _fits_first(cells: Sequence[Cell]) -> list[Cell]:
    """One cell of each training, then of each fit, before the others, which wait for it: workers then make several."""
    of_training = {cell.training_id: cell for cell in reversed(cells)}
    of_fit = {cell.fit_id: cell for cell in reversed(cells)}
    return sorted(cells, key=lambda cell: (of_training[cell.training_id] is not cell, of_fit[cell.fit_id] is not cell))


def _reason_to_skip(status: Stored | None, policy: Policy) -> str | None:
    if policy == "always" or (policy == "failed" and status == "failed"):
        return None
    if policy == "never":
        return "policy is 'never'" if status is None else f"stored ({status}); policy is 'never'"
    if status == "ok":
        return "stored (ok)"
    if status == "failed":
        return "stored (failed); run with --policy failed to try again"
    return None
