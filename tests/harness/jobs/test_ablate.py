from pathlib import Path

from harness.config import RunSettings
from harness.jobs.ablate import control_settings


def test_a_control_shares_what_is_not_its_own(tmp_path: Path) -> None:
    settings = RunSettings(methods=("mfrnet", "gaussian"), overrides={"gaussian": {"top_share": 0.5}}, data=tmp_path)
    base = {"k": 3, "layers": [1], "grid_stride_px": 8, "top_share": 0.02}
    shared = control_settings("gaussian", "mfrnet", base, settings)
    assert shared == {"layers": [1], "grid_stride_px": 8, "top_share": 0.5}
    assert control_settings("constant", "mfrnet", base, settings) == {}
