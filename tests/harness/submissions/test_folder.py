from pathlib import Path

import numpy as np
import pytest
import tifffile

from harness.submissions import PrivateImage, map_file, mask_file, write_map

IMAGE = PrivateImage("can", "test_private", "007_regular", Path("can/test_private/007_regular.png"), (5, 7))


def test_files_are_where_the_server_expects_them() -> None:
    assert map_file(Path("out"), IMAGE) == Path("out/anomaly_images/can/test_private/007_regular.tiff")
    assert mask_file(Path("out"), IMAGE) == Path("out/anomaly_images_thresholded/can/test_private/007_regular.png")


def test_a_map_is_one_channel_of_float16_at_the_size_of_the_image(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    write_map(tmp_path / "new/a.tiff", values, (5, 7))
    with tifffile.TiffFile(tmp_path / "new/a.tiff") as file:
        (page,) = file.pages
        assert (page.dtype, page.shape, page.compression.name) == (np.float16, (5, 7), "NONE")
        assert np.array_equal(page.asarray(), values.astype(np.float16))
    write_map(tmp_path / "new/b.tiff", values, (10, 21))
    assert tifffile.imread(tmp_path / "new/b.tiff").shape == (10, 21)


def test_values_beyond_float16_become_its_largest(tmp_path: Path) -> None:
    write_map(tmp_path / "a.tiff", np.array([[-1e9, 1.0, 1e9]], np.float32), (1, 3))
    assert tifffile.imread(tmp_path / "a.tiff").tolist() == [[-65504.0, 1.0, 65504.0]]


def test_a_map_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(file: object, *arguments: object, **options: object) -> None:
        file.write(b"II*")  # type: ignore[attr-defined]
        raise OSError("disk full")

    monkeypatch.setattr("harness.submissions.folder.tifffile.imwrite", half)
    with pytest.raises(OSError, match="disk full"):
        write_map(tmp_path / "a.tiff", np.zeros((2, 2), np.float32), (2, 2))
    assert list(tmp_path.iterdir()) == []
