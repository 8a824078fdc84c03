"""Real-IAD: thirty kinds of small parts, each part photographed from five sides."""

from harness.datasets._base import DatasetInfo
from harness.datasets.readers.real_iad_layout import RealIADLayout

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


class RealIAD(RealIADLayout):
    """The published split of ``realiad_jsons`` over all five views, each view an image of its own.

    The largest of the resized resolutions in place is read. The original images, ``realiad_raw``, are read only where
    there is no resized one, so that unpacking them later changes no result.
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
            "realiad_256, realiad_raw), real_iad/realiad_jsons/realiad_jsons/<category>.json"
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
    # The archive of the lists holds a folder of its own name beside those of other settings.
    list_places = ("realiad_jsons/realiad_jsons", "realiad_jsons")
    image_places = ("realiad_1024", "realiad_512", "realiad_256", "realiad_raw")
    kinds = _KINDS
