"""What is committed under ``results/real`` agrees with itself."""

from pathlib import Path

import pyarrow.parquet as pq

REAL = Path(__file__).parents[2] / "results" / "real"


def test_the_leaderboard_file_holds_every_record() -> None:
    records = {pq.read_table(part, columns=["cell_id"]).column(0)[0].as_py() for part in REAL.glob("records/*.parquet")}
    leaderboard = pq.read_table(REAL / "leaderboard.parquet", columns=["cell_id"]).column(0).to_pylist()
    assert len(leaderboard) == len(records) > 0
    assert set(leaderboard) == records
