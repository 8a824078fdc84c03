"""Predictions as ``prediction_rows`` wrote them, read back without trusting them."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from harness.bundles import Thresholds
from harness.config.validation import one_line
from harness.errors import DataError
from harness.limited_reading import LimitedCsv
from harness.report.judged_by import FILE as DETECTOR
from harness.report.prediction_rows import COLUMNS, FORMATS, VERDICTS, PredictionRow, rows_file, unfinished_rows

# A noisy image has thousands of regions, and csv refuses fields above 128 KiB by default.
_MAX_FIELD = 2**30


def read_predictions(folder: Path, thresholds: Thresholds | None) -> tuple[Path, list[PredictionRow]]:
    """The file of the rows in a folder, and its rows.

    Args:
        folder: Where ``bench predict --out`` wrote.
        thresholds: Of the detector that judged.

    Raises:
        DataError: There are none, or the file is torn, another program's, or of another detector.
    """
    found = [file for kind in FORMATS if (file := rows_file(folder, kind)).is_file()]
    names = " or ".join(rows_file(folder, kind).name for kind in FORMATS)
    if len(found) != 1:
        what = " and ".join(file.name for file in found)
        if any(unfinished_rows(folder, kind).exists() for kind in FORMATS):
            what = "one that 'bench predict' has not finished"
        raise DataError(f"{folder}: expected {names} as 'bench predict --out' writes it, found {what or 'none'}.")
    (file,) = found
    try:
        # Names of files may hold line breaks of any kind, which must stay.
        with file.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
            text = stream.read()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}).") from error
    if text and not text.endswith("\n"):
        raise DataError(f"{file}: ends within a row; was it copied to its end?")
    rows = []
    for number, values in _values(file, text):
        try:
            rows.append(_row(values, thresholds))
        except ValidationError as error:
            raise _unlike_ours(file, number, one_line(error)) from error
        except ValueError as error:
            raise _unlike_ours(file, number, f"{error}.") from error
    if not rows:
        raise DataError(f"{file}: holds no image; expected one at least.")
    return file, rows


def _values(file: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and values of each row."""
    if file.suffix == ".jsonl":
        for number, line in enumerate(text.split("\n")[:-1], 1):
            try:
                values = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _unlike_ours(file, number, f"no JSON ({error}).") from error
            if not isinstance(values, dict):
                raise _unlike_ours(file, number, f"expected an object, got {type(values).__name__}.")
            yield number, values
        return
    table = LimitedCsv(io.StringIO(text, newline=""), _MAX_FIELD, strict=True)
    try:
        if (header := tuple(next(table, ()))) != COLUMNS:
            raise _unlike_ours(file, 1, f"expected the columns {','.join(COLUMNS)}, got {','.join(header)[:80]!r}.")
        for fields in table:
            if len(fields) != len(COLUMNS):
                raise _unlike_ours(file, table.line_num, f"expected {len(COLUMNS)} fields, got {len(fields)}.")
            values = {name: field or None for name, field in zip(COLUMNS, fields, strict=True)}
            yield table.line_num, values | {"regions": json.loads(values["regions"] or "[]")}
    except (csv.Error, json.JSONDecodeError, RecursionError) as error:
        raise _unlike_ours(file, table.line_num, f"{error}.") from error


def _row(values: dict[str, Any], thresholds: Thresholds | None) -> PredictionRow:
    row = PredictionRow.model_validate(values)
    if (row.score is None) == (row.error is None):
        raise ValueError("expected a score or an error")
    if row.score is not None:
        verdict = VERDICTS[None if thresholds is None else row.score > thresholds.score]
        if row.verdict != verdict:
            raise ValueError(f"to the detector of {DETECTOR}, score {row.score:.6g} is {verdict}; got {row.verdict}")
    if (picture := PurePosixPath(row.picture or "")).is_absolute() or ".." in picture.parts:
        raise ValueError(f"expected a picture below the folder, got {row.picture!r}")
    return row


def _unlike_ours(file: Path, number: int, reason: str) -> DataError:
    return DataError(f"{file}, line {number}: {' '.join(reason.split())} Expected what 'bench predict --out' writes.")
