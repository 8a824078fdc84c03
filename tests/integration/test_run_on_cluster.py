"""The whole way, real methods and real records, over two raylets."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from harness.store import RecordStore
from tests.support import miniatures
from tests.support.raylets import raylets

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SAME_EVERYWHERE = [
    "cell_id", "dataset", "category", "method", "seed", "settings", "protocol", "data_fingerprint", "status",
    "image_auroc", "image_average_precision", "image_f1_max", "pixel_auroc", "pixel_average_precision", "pixel_f1_max",
    "aupro_30", "aupro_05", "num_train", "num_test_normal", "num_test_defect", "maps_sha256", "schema_version",
]  # fmt: skip


CONFIG = """
datasets = ["mvtec_ad"]
seeds = [0, 1]
backbone = "filter_bank"
cpus_per_worker = 1
protocol = {{ image_size_px = 64 }}
methods.mfrnet = {{ steps = 4, width = 16, num_heads = 2, depth = 1, cell = 1 }}
methods.gaussian = {{}}
data = "{data}"
"""


def run(config: Path, results: Path, *where: str) -> pd.DataFrame:
    command = [sys.executable, "-c", "from harness.cli import main; main()", "run", "--config", str(config), *where]
    subprocess.run([*command, "--results", str(results)], check=True)
    return RecordStore(str(results)).frame().sort_values("cell_id")[SAME_EVERYWHERE].reset_index(drop=True)


def test_two_raylets_give_the_records_of_a_local_run(tmp_path: Path) -> None:
    miniatures.mvtec_ad(tmp_path / "data")
    config = tmp_path / "run.toml"
    config.write_text(CONFIG.format(data=tmp_path / "data"))
    local = run(config, tmp_path / "local", "--workers", "0")
    with raylets(2) as cluster:
        remote = run(config, tmp_path / "remote", "--workers", "2", "--address", cluster.address)
    assert set(local["status"]) == {"ok"}
    assert len(local) >= 4
    pd.testing.assert_frame_equal(remote, local, check_exact=True)
