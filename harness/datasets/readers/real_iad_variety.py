"""Real-IAD Variety: 160 kinds of industrial parts, each part photographed from five sides."""

from pathlib import Path

from harness.datasets._base import DatasetInfo
from harness.datasets.readers.real_iad_layout import RealIADLayout


class RealIADVariety(RealIADLayout):
    """The published split over all five views, each view an image of its own, laid out as Real-IAD is.

    Categories are the lists in place that have a folder of images: no published list of the 160 names was found, and
    copies of it differ in hyphens and underscores. Kinds of defects are the lists' own words.

    Folders are those of the README and the loader of Dinomaly2 (github.com/guojiajeremy/Dinomaly2), and of the data
    set's Hugging Face repository, whose page states no licence. ``realiadvariety_1024`` is made by users from the
    original images, ``realiadvariety_raw``, and read first, as public loaders do.
    """

    info = DatasetInfo(
        name="real_iad_variety",
        title="Real-IAD Variety",
        citation=(
            "W. Zhu, C. Wang, B.-B. Gao, J. Zhang, G. Jiang, J. Hu, Z. Gan, L. Wang, Z. Zhou, L. Cheng et al.: "
            "Real-IAD Variety: Pushing Industrial Anomaly Detection Dataset to a Modern Era. arXiv 2511.00540, 2025."
        ),
        licence="none stated; access on request",
        homepage="https://huggingface.co/datasets/Real-IAD/Real-IAD_Variety",
        layout=(
            "real_iad_variety/realiadvariety_raw/<category>/{OK,NG/<kind>}/S000001/*.* with masks beside them (or "
            "realiadvariety_1024), real_iad_variety/realiadvariety_jsons/Real-IAD_Variety_jsons/<category>.json"
        ),
        counts={},
        split_author="authors",
        split_note="The authors' lists, with all five views.",
    )
    names = ()
    list_places = ("realiadvariety_jsons/Real-IAD_Variety_jsons", "realiadvariety_jsons")
    image_places = ("realiadvariety_1024", "realiadvariety_raw")

    def _in_place(self, root: Path) -> tuple[str, ...]:
        base = self.folder(root)
        listed = {path.stem for place in self.list_places for path in (base / place).glob("*.json")}
        return tuple(name for name in sorted(listed) if not name.startswith(".") and self._has(base, name))
