"""The answers of a kept detector as rows of a table, each written the moment it exists."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO, get_args

from pydantic import BaseModel, ConfigDict, Field, InstanceOf

from harness.bundles.detector import Judgement, Region, Unreadable
from harness.errors import DataError

RowFormat = Literal["csv", "jsonl"]
Verdict = Literal["anomalous", "normal"]
FORMATS: tuple[RowFormat, ...] = get_args(RowFormat)
VERDICTS: dict[bool | None, Verdict | None] = {True: "anomalous", False: "normal", None: None}
"""Whether a score is above the threshold, in words; None without thresholds."""
Name = InstanceOf[str]
"""Names of files are bytes, and not always those of a text; pydantic's own strings are always texts."""


class PredictionRow(BaseModel):
    """What is known of one image; the fields are the columns, and what is not known is None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: Name
    score: float | None = Field(None, allow_inf_nan=False)
    verdict: Verdict | None = None
    """None without thresholds."""
    share: float | None = Field(None, ge=0, le=1)
    """Of the image that is above the pixel threshold."""
    regions: tuple[Region, ...] | None = None
    error: Name | None = None
    """Why the image could not be judged."""
    picture: Name | None = None
    """Its pictures are ``overlays/PICTURE.png``, ``masks/PICTURE.png`` and ``maps/PICTURE.tiff``, if they were asked
    for."""


COLUMNS = tuple(PredictionRow.model_fields)


def row_of(judged: Judgement | Unreadable, picture: Path | None = None) -> PredictionRow:
    """The answer for one image, and the name of its pictures, as a row."""
    if isinstance(judged, Unreadable):
        return PredictionRow(image=str(judged.path), error=judged.reason)
    return PredictionRow(
        image=str(judged.path),
        score=judged.score,
        verdict=VERDICTS[judged.is_anomalous],
        share=judged.share,
        regions=judged.regions,
        picture=None if picture is None else picture.as_posix(),
    )


@contextmanager
def prediction_rows(out: Path | None, kind: RowFormat) -> Iterator[Callable[[PredictionRow], None]]:
    """Writes rows, each at once; a file gets its name when it ends, by Ctrl-C too, and holds whole rows."""
    if out is None:
        yield _writer(sys.stdout, kind)
        return
    for each in FORMATS:
        # Of any format, because what else is in the folder tells of one detector.
        if (earlier := rows_file(out, each)).exists():
            raise DataError(f"{earlier}: exists already; expected a folder without predictions. Give another --out.")
    final = rows_file(out, kind)
    scratch = unfinished_rows(out, kind)
    try:
        out.mkdir(parents=True, exist_ok=True)
        # Names of files are bytes, and not always those of a text.
        file = scratch.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    except OSError as error:
        raise DataError(f"{out}: cannot be written to ({error.strerror}).") from error
    try:
        with file:
            yield _writer(file, kind)
    finally:
        scratch.replace(final)


def rows_file(out: Path, kind: RowFormat) -> Path:
    """The file of the rows in an output folder."""
    return out / f"predictions.{kind}"


def unfinished_rows(out: Path, kind: RowFormat) -> Path:
    """The name of that file until it is whole."""
    return out / f".predictions.{kind}.unfinished"


def _writer(file: TextIO, kind: RowFormat) -> Callable[[PredictionRow], None]:
    if kind == "jsonl":

        def write_json(row: PredictionRow) -> None:
            file.write(json.dumps(row.model_dump()) + "\n")
            file.flush()

        return write_json
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    # Before Python 3.13, csv leaves a name with a carriage return unquoted, which readers take for the end of a row.
    quoting = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write_csv(row: PredictionRow) -> None:
        values = row.model_dump()
        values["regions"] = json.dumps(values["regions"]) if row.regions else None
        # csv writes None as an empty field.
        (quoting if "\r" in row.image else table).writerow(values.values())
        file.flush()

    return write_csv
