import tempfile
from pathlib import Path

import pytest

from harness.cells.scoring import maps_for
from harness.images import ImageSet


def test_maps_lie_in_a_file_that_a_killed_process_cannot_leave_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    images = ImageSet(("a", "b"), (Path("a.png"), Path("b.png")), size_px=(4, 6), key="")
    with maps_for(images) as maps:
        maps.values[:] = 1
        assert [map_YX.shape for map_YX in maps] == [(4, 6), (4, 6)]
        assert list(tmp_path.iterdir()) == []
