"""The answers of a kept detector as rows of a table, each written the moment it exists."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Literal, TextIO

from harness.bundles.detector import Judgement, Unreadable
from harness.errors import DataError

RowFormat = Literal["csv", "jsonl"]
COLUMNS = ("image", "score", "verdict", "share", "regions", "error")


def row_of(judged: Judgement | Unreadable) -> dict[str, object]:
    """One image as a row; empty fields are None."""
    if isinstance(judged, Unreadable):
        return dict.fromkeys(COLUMNS) | {"image": str(judged.path), "error": judged.reason}
    verdict = None if judged.is_anomalous is None else ("anomalous" if judged.is_anomalous else "normal")
    return {
        "image": str(judged.path),
        "score": judged.score,
        "verdict": verdict,
        "share": judged.share,
        "regions": [asdict(region) for region in judged.regions],
        "error": None,
    }


@contextmanager
def prediction_rows(out: Path | None, kind: RowFormat) -> Iterator[Callable[[dict[str, object]], None]]:
    """Writes rows, each at once; a file gets its name when it ends, by Ctrl-C too, and holds whole rows."""
    if out is None:
        yield _writer(sys.stdout, kind)
        return
    final = out / f"predictions.{kind}"
    if final.exists():
        raise DataError(f"{final}: exists already; expected a folder without predictions. Give another --out.")
    scratch = out / f".{final.name}.unfinished"
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


def _writer(file: TextIO, kind: RowFormat) -> Callable[[dict[str, object]], None]:
    if kind == "jsonl":

        def write_json(row: dict[str, object]) -> None:
            file.write(json.dumps(row) + "\n")
            file.flush()

        return write_json
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)

    def write_csv(row: dict[str, object]) -> None:
        values = row | {"regions": json.dumps(row["regions"]) if row["regions"] else ""}
        table.writerow(["" if values[column] is None else values[column] for column in COLUMNS])
        file.flush()

    return write_csv
