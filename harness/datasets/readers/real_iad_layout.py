"""The layout of Real-IAD: a JSON list a category, and a folder for the views of each part."""

from pathlib import Path
from typing import Any

from harness.datasets._base import Sample, Split
from harness.datasets.image_folders import defect_sample, normal_sample, path_below
from harness.datasets.readers.published_dataset import PublishedDataset, read_json
from harness.errors import DataError

_NORMAL = "OK"
_NO_CODES: dict[str, str] = {}


class RealIADLayout(PublishedDataset):
    """Lists in JSON say which view of which part trains, is tested, and shows a defect.

    A view on which a part's defect cannot be seen is a normal image: it is listed as ``OK``, or with the code of the
    part's defect and a null mask, which the authors' loader takes for normal too (``datasets/explicit_dataset.py`` of
    github.com/Tencent/AnomalyDetection_Real-IAD). The views of a part lie in one folder, whose path is ``Sample.part``.

    Archives of one category unpack to ``<category>/`` or ``<category>/<category>/``; both are read.
    """

    list_places: tuple[str, ...]
    """Folders below the data set's own that may hold ``<category>.json``; the first that does counts."""
    image_places: tuple[str, ...]
    """Folders that may hold ``<category>/``, likewise."""
    kinds: dict[str, str] = _NO_CODES
    """Code of a defect to its kind; a code that is not here is the kind itself."""

    def _has(self, base: Path, category: str) -> bool:
        return self._list(base, category) is not None and self._images(base, category) is not None

    def _files(self, base: Path, category: str) -> list[Path]:
        split = self._split(base, category, 0)
        samples = (*split.train, *split.test)
        masks = [mask for sample in samples for mask in sample.masks if mask.is_file()]
        path = self._list(base, category)
        return [*([path] if path else []), *(sample.image for sample in samples), *masks]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        path, images = self._list(base, category), self._images(base, category)
        assert path is not None
        assert images is not None
        content = _content(path)
        meta = content.get("meta")
        prefix = meta.get("prefix", category) if isinstance(meta, dict) else category
        folder = images / path_below(f"{path}, meta.prefix", prefix)
        train, test = (
            tuple(
                self._sample(base, folder, f"{path}, {part}[{number}]", part, entry)
                for number, entry in enumerate(content[part])
            )
            for part in ("train", "test")
        )
        return Split(train=train, test=test)

    def _list(self, base: Path, category: str) -> Path | None:
        paths = [base / place / f"{category}.json" for place in self.list_places]
        return next((path for path in paths if path.exists()), None)

    def _images(self, base: Path, category: str) -> Path | None:
        """The folder that holds the category's folder."""
        folders = [base / place for place in self.image_places]
        holding = next((folder for folder in folders if (folder / category).exists()), None)
        if holding is not None and (holding / category / category).is_dir():
            return holding / category
        return holding

    def _sample(self, base: Path, folder: Path, where: str, part: str, entry: Any) -> Sample:
        if not isinstance(entry, dict):
            raise DataError(f"{where}: expected an object with image_path, mask_path and anomaly_class, got {entry!r}.")
        code = entry.get("anomaly_class")
        if not isinstance(code, str) or not code:
            raise DataError(f"{where}, anomaly_class: expected OK or a code such as AK, got {code!r}.")
        image = folder / path_below(f"{where}, image_path", entry.get("image_path"))
        views = image.parent.relative_to(base).as_posix()
        if code != _NORMAL and part == "train":
            raise DataError(f"{where}, anomaly_class: expected OK for a training image, got {code!r}.")
        if code == _NORMAL or ("mask_path" in entry and entry["mask_path"] is None):
            return normal_sample(base, image, part=views)
        mask = folder / path_below(f"{where}, mask_path", entry.get("mask_path"))
        return defect_sample(base, image, mask, kind=self.kinds.get(code, code), part=views)


def _content(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected an object with the lists train and test; use the published file.")
    for part in ("train", "test"):
        if not isinstance(content.get(part), list):
            raise DataError(f"{path}: expected a list {part!r}, got none; use the published file.")
    return content
