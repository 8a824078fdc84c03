"""AITEX: strips of seven plain-woven fabrics, 4096 x 256 pixels, with twelve kinds of defects."""

from pathlib import Path

import numpy as np

from harness.datasets._base import DatasetInfo, Sample, Split
from harness.datasets.empty_masks import leave_out_empty
from harness.datasets.image_folders import defect_sample, folders_in, images_in, normal_sample
from harness.datasets.readers.published_dataset import PublishedDataset

_TRAIN_SHARE = 0.8
_WITHOUT_MASK = "0100_025_08"
_KINDS = {
    "002": "broken end",
    "006": "broken yarn",
    "010": "broken pick",
    "016": "weft curling",
    "019": "fuzzy ball",
    "022": "cut selvage",
    "023": "crease",
    "025": "warp ball",
    "027": "knots",
    "029": "contamination",
    "030": "nep",
    "036": "weft crack",
}


class AITEX(PublishedDataset):
    """No split is published: a random 80 % of each fabric's normal strips trains, everything else is tested.

    Names are ``<number>_<defect code>_<fabric>.png``; code 000 is normal. A defect may have two masks,
    ``_mask1`` and ``_mask2``. Published without a mask, and left out: 0100_025_08.
    """

    info = DatasetInfo(
        name="aitex",
        title="AITEX Fabric Image Database",
        citation=(
            "J. Silvestre-Blanes, T. Albero-Albero, I. Miralles, R. Perez-Llorens, J. Moreno: A Public Fabric Database "
            "for Defect Detection Methods and Results. AUTEX Research Journal 19(4), 363-374, 2019."
        ),
        licence="public, to be cited; no formal licence",
        homepage="https://www.aitex.es/afid/",
        layout=(
            "aitex/NODefect_images/<fabric>/0001_000_05.png, Defect_images/0001_002_00.png, "
            "Mask_images/0001_002_00_mask.png (or _mask1.png and _mask2.png)"
        ),
        counts={},
        split_author="ours",
        split_note="No published split; 80 % of each fabric's normal images train, drawn by the seed.",
    )
    names = ("aitex",)

    def _has(self, base: Path, category: str) -> bool:
        return (base / "NODefect_images").is_dir()

    def _files(self, base: Path, category: str) -> list[Path]:
        folders = [base / "Defect_images", base / "Mask_images", *folders_in(base / "NODefect_images")]
        return [path for folder in folders for path in images_in(folder)]

    def _split(self, base: Path, category: str, seed: int) -> Split:
        rng = np.random.default_rng(seed)
        train: list[Sample] = []
        test: list[Sample] = []
        for fabric in folders_in(base / "NODefect_images"):
            normal = [normal_sample(base, image) for image in images_in(fabric)]
            chosen = set(rng.permutation(len(normal))[: round(_TRAIN_SHARE * len(normal))].tolist())
            train += [sample for index, sample in enumerate(normal) if index in chosen]
            test += [sample for index, sample in enumerate(normal) if index not in chosen]
        masks = images_in(base / "Mask_images")
        defects: list[Sample] = []
        left_out: list[tuple[str, str]] = []
        for image in images_in(base / "Defect_images"):
            own = [mask for mask in masks if mask.stem.startswith(f"{image.stem}_mask")]
            if not own and image.stem == _WITHOUT_MASK:
                left_out.append((image.relative_to(base).as_posix(), "defect image published without a mask"))
            else:
                own = own or [base / "Mask_images" / f"{image.stem}_mask.png"]
                defects.append(defect_sample(base, image, *own, kind=_kind(image)))
        kept, empty = leave_out_empty(defects)
        return Split(train=tuple(train), test=(*test, *kept), left_out=(*left_out, *empty), is_seeded=True)


def _kind(image: Path) -> str:
    parts = image.stem.split("_")
    code = parts[1] if len(parts) > 1 else image.stem
    return _KINDS.get(code, code)
