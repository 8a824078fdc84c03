"""``bench datasets verify``: find errors and near duplicates in a data set."""

import json
import sys
import time
from dataclasses import asdict
from itertools import groupby
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Self

import typer

from harness.cli import options as o
from harness.config import Protocol, RunSettings
from harness.environment import default_data_root
from harness.errors import SettingsError
from harness.jobs.targets import chosen_categories
from harness.phrasing import counted

if TYPE_CHECKING:
    from rich.progress import TaskID

    from harness.datasets.verification_report import CategoryTwins, VerificationReport

_SECONDS_BETWEEN_LINES = 5.0
_PAIRS_NAMED = 5


def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Every installed data set if none is given.", metavar="DATASET[/CATEGORY]"),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every installed data set.")] = False,
    split: o.OneSplit = "published",
    data: o.Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with every group of twins.")] = False,
) -> None:
    """Decode every file; compare masks with images and counts with the published ones; find near duplicates.

    The exit code is 1 if an error is found. Near duplicates are reported and are not errors. Results are cached for
    each file, so a second call reads only new files, also after Ctrl-C.
    """
    from harness.datasets.finding import ALL
    from harness.datasets.verification import verify as verified

    if names and every:
        raise SettingsError(f"--all and {' '.join(names)}: expected one of the two.")
    settings = RunSettings(datasets=tuple(names or [ALL]), data=data or default_data_root())
    chosen = groupby(chosen_categories(settings), key=lambda pair: pair[0])
    with Reading() as reading:
        reports = [
            verified(dataset, settings.data, split, [category for _, category in pairs], reading.tell)
            for dataset, pairs in chosen
        ]
    if as_json:
        print(json.dumps([asdict(report) | {"folder": str(report.folder)} for report in reports]))
    else:
        for report in reports:
            _show(report)
    if not all(report.is_sound for report in reports):
        raise typer.Exit(1)


class Reading:
    """Progress on stderr: a bar on a terminal, a line every few seconds on a pipe."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._bar_of: dict[str, TaskID] = {}
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def tell(self, dataset: str, done: int, total: int) -> None:
        """``done`` of ``total`` files of a data set are read."""
        if self._console.is_terminal:
            if dataset not in self._bar_of:
                self._bar_of[dataset] = self._bars.add_task(dataset, total=total)
            self._bars.update(self._bar_of[dataset], completed=done)
        elif time.monotonic() - self._told_at > _SECONDS_BETWEEN_LINES:
            print(f"{dataset}: {done} of {total} files read", file=sys.stderr, flush=True)
            self._told_at = time.monotonic()


def _show(report: "VerificationReport") -> None:
    from rich.console import Console
    from rich.table import Table

    from harness.datasets.empty_masks import MASK_THRESHOLD
    from harness.datasets.twins_file import write_twins

    title = f"{report.dataset}, split {report.split}"
    table = Table(
        "category", "train", "test normal", "test defect", "left out", "height", "width", "modes", "twins", title=title
    )
    images_of = {images.category: images for images in report.images}
    twins_of = {twins.category: twins for twins in report.twins}
    for count in report.counts:
        numbers = (count.num_train, count.num_test_good, count.num_test_defect, count.num_left_out)
        images = images_of.get(count.category)
        sizes = (_range(*images.height_px), _range(*images.width_px)) if images else ("", "")
        modes = ", ".join(f"{mode} {number}" for mode, number in images.modes) if images else ""
        groups = str(len(twins_of[count.category].groups))
        table.add_row(count.category, *(str(number) for number in numbers), *sizes, modes, groups)
    Console(markup=False).print(table)  # names of data are no markup
    for image, reason in report.left_out:
        print(f"left out: {image}: {reason}")
    num_test = {count.category: (count.num_test_good, count.num_test_defect) for count in report.counts}
    for twins in report.twins:
        if twins.groups:
            _show_twins(twins, *num_test[twins.category])
    pairs = [line for twins in report.twins for line in _pairs(twins)]
    print("".join(f"{line}\n" for line in pairs[:_PAIRS_NAMED]), end="")
    if any(twins.groups for twins in report.twins):
        more = f"{len(pairs) - _PAIRS_NAMED} more pairs and all" if len(pairs) > _PAIRS_NAMED else "All"
        print(f"{more} groups: {write_twins(report)}")
    for category, ids in groupby(report.vanished, key=lambda pair: pair[0]):
        gone = [sample_id for _, sample_id in ids]
        print(
            f"WARNING: {category}: no mask pixel of {len(gone)} of {num_test[category][1]} defects is left at "
            f"{Protocol().image_size_px} px, e.g. {gone[0]}; a larger --image-size or --protocol resolution=own "
            "keeps them."
        )
    for partial in report.partial_masks:
        num_defect = partial.num_pixels_full + partial.num_pixels_above
        print(
            f"{partial.category}: {partial.num_masks} of {counted(partial.num_masks_in_all, 'mask')} have grey values "
            f"between 0 and 255: {counted(partial.num_pixels_above, 'pixel')} above the threshold of {MASK_THRESHOLD} "
            f"({partial.num_pixels_above / max(num_defect, 1):.1%} of all defect pixels), "
            f"{counted(partial.num_pixels_below, 'pixel')} not."
        )
    for finding in report.findings:
        print(f"WRONG: {finding.file}: {finding.problem}")
    verdict = "sound" if report.is_sound else counted(len(report.findings), "problem")
    print(f"{report.dataset}: {counted(report.num_files, 'file')} read, {verdict}.")


def _show_twins(twins: "CategoryTwins", num_test_good: int, num_test_defect: int) -> None:
    crossing = [group for group in twins.groups if group.crosses]
    num_copies = sum(group.are_copies for group in twins.groups)
    print(
        f"{twins.category}: {counted(len(twins.groups), 'group')} of images that show the same thing ({num_copies} of "
        f"equal files); {counted(twins.num_train_with_twin_in_train, 'training image')} with a twin in training."
    )
    if not crossing:
        print(f"{twins.category}: no test image has a twin in training.")
        return
    print(
        f"WARNING: {twins.category}: {twins.num_test_good_with_twin_in_train} of {num_test_good} normal and "
        f"{twins.num_test_defect_with_twin_in_train} of {num_test_defect} defect test images have a twin in training; "
        "--split grouped prevents this."
    )


def _pairs(twins: "CategoryTwins") -> list[str]:
    """A line for each group on both sides, the surest first, with one image of either side."""
    crossing = sorted((group for group in twins.groups if group.crosses), key=lambda group: -group.confidence)
    return [
        f"{'equal files' if group.are_copies else f'twins, confidence {_floored(group.confidence)}'}: "
        f"train {group.train[0]} | test {group.test[0]}"
        for group in crossing
    ]


def _floored(confidence: float) -> str:
    """Three digits, and never more than is known."""
    return f"{int(1000 * confidence) / 1000:.3f}"


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"
