"""The whole way, real methods and real records, over two raylets."""

from pathlib import Path

import pandas as pd
import pytest

from harness.cli.planning import check_cells, make_plan
from harness.config import RunSettings, load_run_settings
from harness.execution.execute import execute
from harness.execution.session import prepare_ray_environment
from harness.store import RecordStore
from tests.support import miniatures

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SAME_EVERYWHERE = [
    "cell_id", "dataset", "category", "method", "seed", "settings", "protocol", "data_fingerprint", "status",
    "image_auroc", "image_average_precision", "image_f1_max", "pixel_auroc", "pixel_average_precision", "pixel_f1_max",
    "aupro_30", "aupro_05", "num_train", "num_test_normal", "num_test_defect", "maps_sha256", "schema_version",
]  # fmt: skip


def settings_of(root: Path, results: str, **others: object) -> RunSettings:
    return load_run_settings(
        {
            "datasets": ["mvtec_ad"],
            "methods": ["mfrnet", "gaussian"],
            "seeds": [0, 1],
            "data": root / "data",
            "results": str(root / results),
            "backbone": "filter_bank",
            "protocol": {"image_size_px": 64},
            "overrides": {"mfrnet": {"steps": 4, "width": 16, "num_heads": 2, "depth": 1, "cell": 1}},
            "cpus_per_worker": 1,
            **others,
        }
    )


def run(settings: RunSettings) -> pd.DataFrame:
    planned = make_plan(settings)
    check_cells(planned, settings)
    execute(planned.plan.cells, settings, planned.datasets, planned.weights, lambda event: None)
    return RecordStore(settings.results).frame().sort_values("cell_id")[SAME_EVERYWHERE].reset_index(drop=True)


def test_two_raylets_give_the_records_of_a_local_run(tmp_path: Path) -> None:
    miniatures.mvtec_ad(tmp_path / "data")
    local = run(settings_of(tmp_path, "local", workers=0))
    prepare_ray_environment(None)
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    try:
        for _ in range(2):
            cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        remote = run(settings_of(tmp_path, "remote", workers=2, address=cluster.address))
    finally:
        cluster.shutdown()
    assert set(local["status"]) == {"ok"}
    assert len(local) >= 4
    pd.testing.assert_frame_equal(remote, local, check_exact=True)
