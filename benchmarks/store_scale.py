"""How the cost of a result store grows with its records: loose parts against packs, in one run.

Every figure is of a process of its own that opens the store and does one thing: wall-clock seconds, CPU seconds and the
peak of its memory. Records are copies of one, with identities and an image AUROC of their own, in the sizes of a real
run: 14 kB, and the scores of 100 test images. Stores above ``--loose-up-to`` are not made of loose parts and compacted,
which takes ten milliseconds a record; their packs are written as a compaction leaves them.

``--s3`` also asks a server of moto on this machine (``pip install 'moto[server]'``), which answers from one thread.
"""

import argparse
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

DATASETS, CATEGORIES, METHODS = 5, 20, 10
NUM_IMAGES = 100
_ID, _DATASET, _CATEGORY, _METHOD = "0123456789abcdef", "dataset-XX", "category-XX", "method-XX"
_SEED, _AUROC = 1_234_567_890_123, 0.123456789


def template() -> tuple[bytes, bytes]:
    """A part of a record and one of its image scores, with texts and numbers that can be told and replaced."""
    from harness.records import CellIdentity, CellRecord, ImageScore, Provenance
    from harness.store.parquet_bytes import encoded
    from harness.store.schema import scores_table_of, table_of

    identity = CellIdentity(
        cell_id=_ID,
        dataset=_DATASET,
        category=_CATEGORY,
        method=_METHOD,
        method_version=3,
        seed=_SEED,
        settings=json.dumps({f"setting_{number}": number / 7 for number in range(20)}),
        protocol="mfrnet-bench-1/192/keep/127",
        data_fingerprint="f" * 64,
        weights_sha256="a" * 64,
    )
    provenance = Provenance(
        code_commit="0" * 40,
        code_dirty=False,
        versions=json.dumps({f"package-{number}": "1.2.3" for number in range(12)}),
        host="bench-1",
        device="cpu",
        num_threads=1,
        num_workers=2,
        num_processes=1,
        command="bench run --datasets all --methods all --seeds 0,1,2",
        started_at="2025-01-01T00:00:00.000+00:00",
        finished_at="2025-01-01T00:01:00.000+00:00",
    )
    names = ("pixel_auroc", "pixel_average_precision", "pixel_f1_max", "aupro_30", "aupro_05", "image_f1_max")
    record = CellRecord(
        identity=identity,
        provenance=provenance,
        metrics={"image_auroc": _AUROC} | dict.fromkeys(names, 0.5),
        overlap_curve=tuple(number / 100 for number in range(101)),
        num_train=200,
        num_test_normal=50,
        num_test_defect=NUM_IMAGES - 50,
        num_left_out=0,
        image_height_px=192,
        image_width_px=192,
        fit_seconds=100.0,
        feature_seconds=10.0,
        score_seconds=5.0,
        num_parameters=1_000_000,
        num_frozen_parameters=3_000_000,
        maps_sha256="b" * 64,
        image_scores=tuple(
            ImageScore(
                image_id=f"test/scratch/{number:03}.png",
                is_defect=number >= 50,
                defect_kind="scratch" if number >= 50 else "",
                anomaly_score=number / NUM_IMAGES,
            )
            for number in range(NUM_IMAGES)
        ),
    )
    return encoded(table_of([record])), encoded(scores_table_of(record))


def parts(num_records: int) -> Iterator[tuple[str, bytes, bytes]]:
    """Name, record and image scores of as many cells. A part is not compressed: values can be replaced in place."""
    record, scores = template()
    for number in range(num_records):
        rest, dataset = divmod(number, DATASETS)
        rest, category = divmod(rest, CATEGORIES)
        seed, method = divmod(rest, METHODS)
        cell_id = hashlib.sha256(str(number).encode()).hexdigest()[:16]
        own = record.replace(_ID.encode(), cell_id.encode())
        for text, value in ((_DATASET, dataset), (_CATEGORY, category), (_METHOD, method)):
            own = own.replace(text.encode(), f"{text[:-2]}{value:02}".encode())
        own = own.replace(struct.pack("<q", _SEED), struct.pack("<q", seed))
        own = own.replace(struct.pack("<d", _AUROC), struct.pack("<d", 0.5 + int(cell_id[:4], 16) / 2**17))
        yield f"{cell_id}-{number + 1:010d}-{cell_id[:8]}", own, scores.replace(_ID.encode(), cell_id.encode())


def fill(folder: Path, num_records: int) -> None:
    for kind in ("records", "scores"):
        (folder / kind).mkdir(parents=True)
    for name, record, scores in parts(num_records):
        (folder / "records" / f"{name}.parquet").write_bytes(record)
        (folder / "scores" / f"{name}.parquet").write_bytes(scores)


def fill_packed(folder: Path, num_records: int) -> None:
    from harness.store.compaction import FULL_ROWS
    from harness.store.parquet_bytes import conformed, encoded_many
    from harness.store.part_names import cell_of
    from harness.store.schema import PACKED_RECORD_SCHEMA, SCORES_PART

    (folder / "packed" / "records").mkdir(parents=True)
    ready = parts(num_records)
    number = 0
    while some := list(islice(ready, FULL_ROWS)):
        table = pq.read_table(pa.BufferReader(some[0][1])).take(pa.array([0] * len(some)))
        rows = range(number, number + len(some))
        values = {
            "cell_id": [cell_of(name) for name, _, _ in some],
            "dataset": [f"dataset-{row % DATASETS:02}" for row in rows],
            "category": [f"category-{row // DATASETS % CATEGORIES:02}" for row in rows],
            "method": [f"method-{row // (DATASETS * CATEGORIES) % METHODS:02}" for row in rows],
            "seed": [row // (DATASETS * CATEGORIES * METHODS) for row in rows],
            "image_auroc": [0.5 + int(name[:4], 16) / 2**17 for name, _, _ in some],
        }
        for name, column in values.items():
            table = table.set_column(table.column_names.index(name), name, [column])
        table = table.append_column("part", [[name for name, _, _ in some]])
        table = table.append_column(SCORES_PART, pa.array([scores for _, _, scores in some], pa.binary()))
        table = conformed(table, PACKED_RECORD_SCHEMA, "template").sort_by("cell_id")
        number += len(some)
        (folder / "packed" / "records" / f"{number:010d}-00000000.parquet").write_bytes(encoded_many(table))


def do(what: str, url: str) -> int:
    """One thing that a user waits for; returns the number of records, scores or parts that it was about."""
    import harness
    from harness.config import RecordFilter
    from harness.jobs.leaderboard import board
    from harness.store import RecordStore

    match what:
        case "statuses":
            return len(RecordStore(url).statuses())
        case "frame":
            return len(RecordStore(url).frame())
        case "leaderboard":
            return len(harness.leaderboard(url))
        case "tables":
            return len(board(RecordFilter(results=url)))
        case "scores of 100 cells":
            store = RecordStore(url)
            return sum(len(store.image_scores(cell_id)) for cell_id in list(store.parts())[:100])
        case "compact":
            return RecordStore(url).compact()
    raise AssertionError(what)


def peak_bytes() -> int:
    """The most memory of this program; what the system calls ru_maxrss counts that of its parent, too."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def measured(what: str, url: str) -> dict[str, float]:
    """Do one thing in a process of its own."""
    command = [sys.executable, __file__, "--do", what, "--at", url]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def show(num_records: int, state: str, whats: list[str], url: str) -> None:
    for what in whats:
        found = measured(what, url)
        print(
            f"{num_records:>8} {state:<8} {what:<20} {found['seconds']:9.2f} s {found['cpu_seconds']:9.2f} s CPU "
            f"{found['peak_bytes'] / 2**20:7.0f} MiB  ({found['count']:.0f})",
            flush=True,
        )


@contextmanager
def served(num_records: int, state: str, folder: Path) -> Iterator[str]:
    """The same store on an S3 server of this machine."""
    from pyarrow import fs

    from tests.support.object_store import object_store

    with object_store() as url:
        there, path = fs.FileSystem.from_uri(url)
        fs.copy_files(str(folder), path, destination_filesystem=there)
        yield url


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sizes", default="1000,10000", help="numbers of records, e.g. 1000,10000,100000")
    asked.add_argument("--loose-up-to", type=int, default=10_000, help="larger stores begin as packs")
    asked.add_argument("--s3", type=int, default=0, help="number of records on the S3 server; 0 for none")
    asked.add_argument("--do", help=argparse.SUPPRESS)
    asked.add_argument("--at", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.do:
        # Imports are the same for every size.
        import harness.jobs.leaderboard
        import harness.store  # noqa: F401

        clock, cpu = time.perf_counter(), time.process_time()
        count = do(given.do, given.at)
        result: dict[str, Any] = {
            "seconds": time.perf_counter() - clock,
            "cpu_seconds": time.process_time() - cpu,
            "peak_bytes": peak_bytes(),
            "count": count,
        }
        print(json.dumps(result))
        return
    reads = ["statuses", "frame", "leaderboard", "tables", "scores of 100 cells"]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    sizes = sorted({*(int(size) for size in given.sizes.split(",")), *([given.s3] if given.s3 else [])})
    for num_records in sizes:
        with tempfile.TemporaryDirectory(prefix="store-scale-") as scratch:
            folder = Path(scratch) / "results"
            if num_records <= given.loose_up_to:
                fill(folder, num_records)
                show(num_records, "loose", reads, str(folder))
                show(num_records, "", ["compact"], str(folder))
            else:
                fill_packed(folder, num_records)
            show(num_records, "packed", reads, str(folder))
            if num_records == given.s3:
                with served(num_records, "packed", folder) as url:
                    show(num_records, "S3", reads, url)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    # As a script this file is not in the package of the tests, whose server it borrows.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
