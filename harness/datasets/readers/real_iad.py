"""Real-IAD: thirty kinds of small parts, each part photographed from five sides."""

from pathlib import Path
from typing import Any

from harness.datasets._base import DatasetInfo, Sample, Split
from harness.datasets.image_folders import defect_sample, normal_sample, path_below
from harness.datasets.readers.published_dataset import PublishedDataset, read_json
from harness.errors import DataError

_NORMAL = "OK"
_KINDS = {
    "AK": "pit",
    "BX": "deformation",
    "CH": "abrasion",
    "HS": "scratch",
    "PS": "damage",
    "QS": "missing parts",
    "YW": "foreign objects",
    "ZW": "contamination",
}


class RealIAD(PublishedDataset):
    """The published split of ``realiad_jsons`` over all five views, each view an image of its own.

    A view on which a part's defect cannot be seen is a normal image there. The largest of the
    resolutions in place is read.
    """

    info = DatasetInfo(
        name="real_iad",
        title="Real-IAD",
        citation=(
            "C. Wang, W. Zhu, B.-B. Gao, Z. Gan, J. Zhang, Z. Gu, S. Qian, M. Chen, L. Ma: Real-IAD: A Real-World "
            "Multi-View Dataset for Benchmarking Versatile Industrial Anomaly Detection. CVPR, 2024."
        ),
        licence="CC BY-NC-SA 4.0, on request",
        homepage="https://realiad4ad.github.io/Real-IAD/",
        layout=(
            "real_iad/realiad_1024/<category>/{OK,NG/<code>}/S0001/*.jpg with masks *.png beside them (or realiad_512, "
            "realiad_256), real_iad/realiad_jsons/realiad_jsons/<category>.json"
        ),
        counts={},
        split_author="authors",
        split_note="The authors' single-class lists, with all five views.",
    )
    names = (
        "audiojack",
        "bottle_cap",
        "button_battery",
        "end_cap",
        "eraser",
        "fire_hood",
        "mint",
        "mounts",
        "pcb",
        "phone_battery",
        "plastic_nut",
        "plastic_plug",
        "porcelain_doll",
        "regulator",
        "rolled_strip_base",
        "sim_card_set",
        "switch",
        "tape",
        "terminalblock",
        "toothbrush",
        "toy",
        "toy_brick",
        "transistor1",
        "u_block",
        "usb",
        "usb_adaptor",
        "vcpill",
        "wooden_beads",
        "woodstick",
        "zipper",
    )

    def _has(self, base: Path, category: str) -> bool:
        return bool(_found(_lists(base, category)) and _found(_folders(base, category)))

    def _files(self, base: Path, category: str) -> list[Path]:
        split = self._split(base, category, 0)
        samples = (*split.train, *split.test)
        masks = [mask for sample in samples for mask in sample.masks if mask.is_file()]
        return [*_found(_lists(base, category))[:1], *(sample.image for sample in samples), *masks]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        path = _found(_lists(base, category))[0]
        content = _content(path)
        meta = content.get("meta")
        prefix = meta.get("prefix", category) if isinstance(meta, dict) else category
        folder = _found(_folders(base, category))[0].parent / path_below(f"{path}, meta.prefix", prefix)
        train, test = (
            tuple(
                _sample(base, folder, f"{path}, {part}[{number}]", part, entry)
                for number, entry in enumerate(content[part])
            )
            for part in ("train", "test")
        )
        return Split(train=train, test=test)


def _lists(base: Path, category: str) -> list[Path]:
    # The archive of the lists holds a folder of its own name beside those of other settings.
    return [base / place / f"{category}.json" for place in ("realiad_jsons/realiad_jsons", "realiad_jsons")]


def _folders(base: Path, category: str) -> list[Path]:
    return [base / f"realiad_{resolution}" / category for resolution in (1024, 512, 256)]


def _found(paths: list[Path]) -> list[Path]:
    return [path for path in paths if path.exists()]


def _content(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected an object with the lists train and test; use the published file.")
    for part in ("train", "test"):
        if not isinstance(content.get(part), list):
            raise DataError(f"{path}: expected a list {part!r}, got none; use the published file.")
    return content


def _sample(base: Path, folder: Path, where: str, part: str, entry: Any) -> Sample:
    if not isinstance(entry, dict):
        raise DataError(f"{where}: expected an object with image_path, mask_path and anomaly_class, got {entry!r}.")
    code = entry.get("anomaly_class")
    if not isinstance(code, str) or not code:
        raise DataError(f"{where}, anomaly_class: expected OK or a code such as AK, got {code!r}.")
    image = folder / path_below(f"{where}, image_path", entry.get("image_path"))
    if code == _NORMAL:
        return normal_sample(base, image)
    if part == "train":
        raise DataError(f"{where}, anomaly_class: expected OK for a training image, got {code!r}.")
    mask = folder / path_below(f"{where}, mask_path", entry.get("mask_path"))
    return defect_sample(base, image, mask, kind=_KINDS.get(code, code))
