"""AutoVI: six tasks of an automotive assembly line, with defects of parts and of their arrangement."""

from harness.datasets._base import DatasetInfo
from harness.datasets.readers.loco_layout import LOCOLayout

_COUNTS = {
    "engine_wiring": (285, 607),
    "pipe_clip": (195, 337),
    "pipe_staple": (191, 305),
    "tank_screw": (318, 413),
    "underbody_pipes": (161, 345),
    "underbody_screw": (373, 392),
}


class AutoVI(LOCOLayout):
    """The published split and masks, laid out as MVTec LOCO AD is, without validation images.

    Kinds are the names of the test folders. The authors' metric is sPRO over all images of a category, where that of
    MVTec LOCO AD is a mean over kinds (``evaluate_experiment.py`` of github.com/phcarval/autovi_evaluation_code).

    Licence and citation are those of the README in the archives, the layout that of the authors' evaluation code and
    of anomalib's reader (``anomalib/data/datasets/image/autovi.py``, version 2.7). Counts are a third party's, of the
    unpacked archives (github.com/PlatDrake2875/autovi_evaluation_code); where the authors state them was not found.
    """

    info = DatasetInfo(
        name="autovi",
        title="AutoVI",
        citation=(
            "P. Carvalho, M. Lafou, A. Durupt, A. Leblanc, Y. Grandvalet: The Automotive Visual Inspection Dataset "
            "(AutoVI): A Genuine Industrial Production Dataset for Unsupervised Anomaly Detection. 2024. "
            "doi 10.5281/zenodo.10459003."
        ),
        licence="CC BY-NC-SA 4.0",
        homepage="https://doi.org/10.5281/zenodo.10459003",
        layout=(
            "autovi/<category>/train/good/0000.png, test/good/, test/<kind>/0000.png, "
            "ground_truth/<kind>/0000/0000.png (several a folder), defects_config.json"
        ),
        counts=_COUNTS,
        split_author="authors",
        split_note="The authors' training and test folders.",
    )
    names = tuple(_COUNTS)
    first_mask = "0000.png"
    spro_by_kind = False
