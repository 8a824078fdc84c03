"""The report page as data. Nothing here reads, computes or formats."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.leaderboard.tables import Table
from harness.report.figures.plot_types import LatencyPlot, LeftOut
from harness.report.html.gallery import Gallery
from harness.report.html.score_series import CellScores


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One thing that a reader must know before the numbers."""

    text: str
    is_warning: bool = False
    """Whether it makes numbers wrong or not comparable, such as a leak; other notices only inform."""


@dataclass(frozen=True, kw_only=True)
class DatasetSection:
    """One data set under one split."""

    name: str
    table: Table
    """As ``category_table`` lays it out: categories x rows, the mean as last row."""
    cells: Mapping[str, tuple[CellScores, ...]] = field(repr=False)
    """Category to its finished cells."""
    gallery: Gallery


@dataclass(frozen=True, kw_only=True)
class MethodFacts:
    """Where the records of one row come from."""

    label: str
    version: str
    settings: Mapping[str, str]
    """Setting to its value as JSON."""
    weights: str
    datasets: tuple[str, ...]
    seeds: tuple[int, ...]
    num_finished: int
    num_failed: int
    commits: tuple[str, ...]
    """With a remark where the code had changes that were not committed."""
    machines: tuple[str, ...]
    """Host, device and threads."""
    packages: tuple[str, ...]
    """Each a set of package versions in words."""
    first_day: str
    last_day: str
    """ISO 8601 dates, UTC."""


@dataclass(frozen=True, kw_only=True)
class SplitSection:
    """All data sets under one split. Numbers of different splits do not compare."""

    split: str
    notices: tuple[Notice, ...]
    datasets: tuple[DatasetSection, ...]
    latency: LatencyPlot | LeftOut
    methods: tuple[MethodFacts, ...]
    commands: tuple[str, ...]
    """What made the records, as it was typed, oldest first."""


@dataclass(frozen=True, kw_only=True)
class ReportPage:
    """Everything on the page."""

    title: str
    notices: tuple[Notice, ...]
    """About all splits."""
    splits: tuple[SplitSection, ...]
    command: str
    """Writes this page again."""
    writer: str
    """Version and commit of the program that wrote the page."""
