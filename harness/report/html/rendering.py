"""The page of stored records: from data to HTML, within its budgets."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.phrasing import counted
from harness.report.figures.plot_types import LatencyPlot
from harness.report.html.board_grid import category_grids, explanation, means_grid
from harness.report.html.document import document, link_to
from harness.report.html.gallery import Gallery, Panel
from harness.report.html.latency_drawing import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, drawn_panel
from harness.report.html.panel_images import embedded
from harness.report.html.report_types import DatasetSection, Notice, ReportPage
from harness.report.html.score_series import within_budget
from harness.report.html.split_meaning import split_meaning

SCORES_BUDGET_BYTES = 2_000_000
PANELS_BUDGET_BYTES = 1_500_000
MAX_PANELS = 2_000
"""Panels that the page names, with a picture or a link."""

_SCRIPTS = ("drawing.js", "histogram.js", "gallery.js", "sorting.js", "scores.js", "panels.js")


def render(page: ReportPage, folder: Path) -> str:
    """The page as HTML, at most about 4.5 MB whatever the number of images.

    Pictures, scores and names of panels have a budget each. What does not fit is left to links, or left out with a
    notice that says so. Reads the pictures of the panels that are embedded.

    Args:
        page: What to show.
        folder: Where the file will be; links to panels are relative to it.
    """
    page = _within_budgets(page)
    galleries = [
        [panel.path for panel in dataset.gallery.panels] for split in page.splits for dataset in split.datasets
    ]
    pictures = embedded(galleries, PANELS_BUDGET_BYTES)
    looks = {row: number for number, row in enumerate(_labels(page))}
    return document(
        "report.html.jinja",
        _SCRIPTS,
        page=page,
        title=page.title,
        looks=looks,
        summary=_summary(page),
        split_meaning=split_meaning,
        means_grid=means_grid,
        category_grids=category_grids,
        explanation=explanation,
        is_drawn=lambda latency: isinstance(latency, LatencyPlot),
        drawn_panel=drawn_panel,
        frame={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM},
        data=lambda dataset: _dataset_data(dataset, looks, pictures, folder),
    )


def _within_budgets(page: ReportPage) -> ReportPage:
    datasets = [dataset for split in page.splits for dataset in split.datasets]
    cells, num_cells = within_budget([dataset.cells for dataset in datasets], SCORES_BUDGET_BYTES)
    galleries, num_panels = _fewer_panels([dataset.gallery for dataset in datasets])
    fitting = iter(
        replace(dataset, cells=of_dataset, gallery=gallery)
        for dataset, of_dataset, gallery in zip(datasets, cells, galleries, strict=True)
    )
    notices = list(page.notices)
    if num_cells:
        notices.append(
            Notice(
                text=f"The curves of {counted(num_cells, 'cell')} are left out to keep this page small; a first seed "
                "of each method and category comes before further seeds."
            )
        )
    if num_panels:
        notices.append(
            Notice(
                text=f"{counted(num_panels, 'heat map')} with smaller errors are not listed to keep this page small."
            )
        )
    splits = tuple(replace(split, datasets=tuple(next(fitting) for _ in split.datasets)) for split in page.splits)
    return replace(page, notices=tuple(notices), splits=splits)


def _fewer_panels(galleries: list[Gallery]) -> tuple[list[Gallery], int]:
    """The worst panels of every gallery, an equal share of the page for each that needs it."""
    given = [len(gallery.panels) for gallery in galleries]
    counts, room = [0] * len(given), MAX_PANELS
    for rank, number in enumerate(sorted(range(len(given)), key=given.__getitem__)):
        counts[number] = min(given[number], room // (len(given) - rank))
        room -= counts[number]
    kept = [Gallery(panels=gallery.panels[:count]) for gallery, count in zip(galleries, counts, strict=True)]
    return kept, sum(given) - sum(counts)


def _summary(page: ReportPage) -> str:
    facts = [facts for split in page.splits for facts in split.methods]
    datasets = {name for one in facts for name in one.datasets}
    parts = [
        counted(len(page.splits), "split"),
        counted(len(datasets), "data set"),
        counted(len({one.label for one in facts}), "method"),
        f"{counted(sum(one.num_finished for one in facts), 'cell')} finished",
        f"{sum(one.num_failed for one in facts)} failed",
    ]
    first_day, last_day = min(one.first_day for one in facts), max(one.last_day for one in facts)
    return f"{', '.join(parts)}. Records of {first_day}{'' if first_day == last_day else f' to {last_day}'}."


def _labels(page: ReportPage) -> list[str]:
    """Every row once, by name: its colour depends on nothing that a new number changes."""
    return sorted({facts.label for split in page.splits for facts in split.methods})


def _dataset_data(
    dataset: DatasetSection, looks: Mapping[str, int], pictures: Mapping[Path, str], folder: Path
) -> dict[str, Any]:
    """What the scripts draw from; names stay plain text, and the template escapes them."""
    return {
        "cells": [
            {
                "category": category,
                "method": cell.row,
                "look": looks[cell.row],
                "seed": cell.seed,
                "auroc": cell.image_auroc,
                "aupro": cell.aupro,
                "scores": cell.scores,
                "width": cell.bytes_per_score,
                "normals": cell.num_normals,
                "defects": cell.num_defects,
                "overlaps": cell.overlaps,
            }
            for category, cells in dataset.cells.items()
            for cell in cells
        ],
        "panels": [_panel_data(panel, pictures, folder) for panel in dataset.gallery.panels],
    }


def _panel_data(panel: Panel, pictures: Mapping[Path, str], folder: Path) -> dict[str, Any]:
    return {
        "category": panel.category,
        "method": panel.row,
        "seed": panel.seed,
        "image": panel.image.image_id,
        "kind": panel.image.defect_kind or ("defect" if panel.image.is_defect else "good"),
        "defect": panel.image.is_defect,
        "score": panel.image.anomaly_score,
        "beyond": panel.num_beyond,
        "others": panel.num_others,
        "picture": pictures.get(panel.path),
        "link": link_to(panel.path, folder),
    }
