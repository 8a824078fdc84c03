"""What methods lose when test images are corrupted or training sets contaminated, against the same cells undisturbed.

Pure work on frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from harness.leaderboard.board import HEADLINE_METRICS, NO_INTERVALS, Board
from harness.leaderboard.intervals import ImageScoresOf
from harness.leaderboard.standings import NOTHING_EXPECTED, Expected, Standings
from harness.leaderboard.tables import LOWER_MARK, NOT_MEASURED, Column, Entry, Table
from harness.leaderboard.variants import VARIANT_COLUMNS, row_labels
from harness.metrics import image_metrics
from harness.metrics.catalogue import check_metrics, find_metric, is_image_metric, metric_title

DISTURBANCES = ("corrupt", "contaminate")
"""Columns of records."""

_PAIRED = ["dataset", "category", "seed", "method", *VARIANT_COLUMNS, "protocol", "split", "limit", "data_fingerprint"]
"""What a disturbed cell and its undisturbed one agree in."""

_OTHER_IMAGES = (
    "A contaminated cell does not test the images that contaminate it: its loss is taken on the images that both cells "
    "test, and not measured for pixel metrics, because pixels are not stored."
)


@dataclass(frozen=True, kw_only=True)
class Disturbance:
    """What was done to a row's images."""

    corrupt: str | None
    contaminate: float | None

    @property
    def words(self) -> str:
        """For the label of a row; empty where nothing was done."""
        share = [] if self.contaminate is None else [f"{100 * self.contaminate:g} % defects in training"]
        return ", ".join([*([] if self.corrupt is None else [self.corrupt]), *share])


UNDISTURBED = Disturbance(corrupt=None, contaminate=None)


@dataclass(frozen=True, kw_only=True, eq=False)
class Robustness:
    """Rows of methods, each undisturbed and with every disturbance that it has records of."""

    board: Board
    """Values and losses; a row of it is a method with a disturbance."""
    rows: dict[tuple[str, Disturbance], str]
    """Row of the leaderboard and disturbance to the label of both; by row, the undisturbed one first."""

    @classmethod
    def of(
        cls,
        clean: pd.DataFrame,
        disturbed: pd.DataFrame,
        image_scores: ImageScoresOf,
        *,
        metrics: Sequence[str] = HEADLINE_METRICS,
        expected: Expected = NOTHING_EXPECTED,
    ) -> "Robustness":
        """Pair cells that differ in nothing but the disturbance.

        Args:
            clean: Records that may stand in one table, none of them disturbed.
            disturbed: Any records; those without a partner in ``clean`` are left out.
            image_scores: Cell id to the scores of its test images; asked for contaminated cells and their partners.
            metrics: Names of metrics.
            expected: Data set to the categories that its mean needs, with or without records.

        Raises:
            UnknownNameError: A metric is unknown.
            StoreError: Scores cannot be read.
        """
        check_metrics(metrics)
        both = pd.concat([clean, disturbed], ignore_index=True)
        paired = both.merge(clean[[*_PAIRED, "cell_id", *metrics]], on=_PAIRED, suffixes=("", "_clean"))
        for metric in metrics:
            sign = 1 if find_metric(metric).higher_is_better else -1
            before = [_undisturbed(cell, metric, image_scores) for cell in paired.to_dict("records")]
            paired[_loss(metric)] = sign * (np.array(before, float) - paired[metric].to_numpy(float))
        disturbances = [
            Disturbance(corrupt=corrupt, contaminate=contaminate)
            for corrupt, contaminate in paired[list(DISTURBANCES)]
            .astype(object)
            .where(paired[list(DISTURBANCES)].notna(), None)
            .itertuples(index=False)
        ]
        found = dict.fromkeys(zip(row_labels(paired), disturbances, strict=True))
        rows = {key: " ".join(filter(None, (key[0], key[1].words))) for key in sorted(found, key=_order)}
        labels = [rows[key] for key in zip(row_labels(paired), disturbances, strict=True)]
        # The label says what was done; all else is that of one table.
        frame = paired.assign(row=labels, **dict.fromkeys(DISTURBANCES))
        standings = tuple(
            Standings.of(records, [*metrics, *map(_loss, metrics)], expected.get(str(dataset), ()))
            for dataset, records in frame.groupby("dataset")
        )
        board = Board(frame=frame, standings=standings, metrics=tuple(metrics), intervals=NO_INTERVALS)
        return cls(board=board, rows=rows)

    def loss(self, one: Standings, row: str, disturbance: Disturbance, metric: str) -> Entry:
        """Mean of what is lost over categories and seeds; not measured where the two cells test different pixels."""
        if disturbance.contaminate is not None and not is_image_metric(metric):
            return NOT_MEASURED
        return one.mean(self.rows.get((row, disturbance), ""), _loss(metric))

    def table(self) -> Table:
        """Rows x data sets: of each metric the value, and what is lost of it; losses are means over the same cells."""
        metrics, labels = self.board.metrics, list(self.rows.values())
        is_contaminated = any(disturbance.contaminate is not None for _, disturbance in self.rows)
        return self.board.table(
            self.board.standings,
            {label: label for label in labels},
            metrics=metrics,
            remarks=[_OTHER_IMAGES] if is_contaminated else [],
            name="robustness",
            title="Loss against undisturbed images, mean over the categories of each data set",
            row_title="Method",
            groups=tuple(one.dataset for one in self.board.standings),
            columns=tuple(column for metric in metrics for column in _columns(metric)),
            rows=tuple(labels),
            entries=tuple(
                tuple(
                    entry
                    for one in self.board.standings
                    for metric in metrics
                    for entry in (one.mean(label, metric), self.loss(one, *key, metric))
                )
                for key, label in self.rows.items()
            ),
        )


def _columns(metric: str) -> list[Column]:
    found = find_metric(metric)
    mark = "" if found.higher_is_better else f" {LOWER_MARK}"
    return [
        Column(title=f"{metric_title(metric)}{mark}", lower_is_better=not found.higher_is_better),
        Column(title=f"loss {LOWER_MARK}", lower_is_better=True),
    ]


def _loss(metric: str) -> str:
    return f"{metric}_loss"


def _undisturbed(cell: dict[Any, Any], metric: str, image_scores: ImageScoresOf) -> float:
    """The metric of the undisturbed partner of a cell; of a contaminated one on the images that both test."""
    value = cell[f"{metric}_clean"]
    if pd.isna(cell["contaminate"]) or pd.isna(value) or cell["status"] != "ok" or not is_image_metric(metric):
        return float("nan") if pd.isna(value) else float(value)
    tested = {score.image_id for score in image_scores(cell["cell_id"])}
    scores = [score for score in image_scores(cell["cell_id_clean"]) if score.image_id in tested]
    of_images = image_metrics(
        np.array([score.anomaly_score for score in scores]), np.array([score.is_defect for score in scores])
    )
    return of_images[metric]


def _order(key: tuple[str, Disturbance]) -> tuple[str, float, str]:
    row, disturbance = key
    return row, disturbance.contaminate or 0.0, disturbance.corrupt or ""
