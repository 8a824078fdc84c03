"""Which fitted detectors a run keeps."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config import RunSettings
from harness.environment import without_credentials
from harness.errors import SettingsError
from harness.methods import METHODS
from harness.plan import Cell
from harness.regimes import MULTI_CLASS

if TYPE_CHECKING:
    import pandas as pd


def models_dir(settings: RunSettings) -> Path | None:
    """Where a run keeps its detectors; None if it keeps none."""
    return None if settings.keep_models == "none" else Path(settings.results) / "models"


def check_keeping(cells: Sequence[Cell], settings: RunSettings) -> None:
    """Refuse to keep what cannot be kept, before anything runs.

    Raises:
        SettingsError: A method cannot be kept, the results are no folder, or one fold was asked for.
    """
    if settings.calibration_folds == 1:
        raise SettingsError("--calibration-folds: expected 0 or at least 2, got 1.")
    if settings.calibration_folds and settings.regime == MULTI_CLASS:
        raise SettingsError(
            f"--calibration-folds: a {MULTI_CLASS} run fits one model for all categories, and sets no thresholds; "
            f"expected 0 folds or another --regime, got {settings.calibration_folds}."
        )
    if settings.keep_models == "none":
        return
    if "://" in settings.results:
        results = without_credentials(settings.results)
        raise SettingsError(f"--keep-models: expected --results to be a folder, got {results}.")
    methods = sorted({cell.method for cell in cells})
    unfit = [name for name in methods if name not in METHODS.names() or not METHODS.get(name).can_be_kept]
    if unfit:
        raise SettingsError(f"--keep-models: {', '.join(unfit)} cannot be kept; run it without --keep-models.")


def keep_best_models(cells: Sequence[Cell], frame: "pd.DataFrame", settings: RunSettings) -> None:
    """Remove the detectors of these cells, except for the one with the highest image AUROC of each category.

    The test images choose it, so that its record is an optimistic estimate of what it does on new images.

    Args:
        cells: Of the run.
        frame: Their records.
        settings: Of the run.
    """
    from harness.cells.keeping import model_folder

    folder = models_dir(settings)
    assert folder is not None, "models are kept"
    auroc = dict(zip(frame["cell_id"], frame["image_auroc"].fillna(-1.0), strict=True))
    kept = [cell for cell in cells if model_folder(folder, cell).is_dir()]
    for place in {(cell.dataset, cell.category) for cell in kept}:
        rivals = [cell for cell in kept if (cell.dataset, cell.category) == place]
        best = max(rivals, key=lambda cell: float(auroc.get(cell.id, -1.0)))
        for cell in rivals:
            if cell is not best:
                shutil.rmtree(model_folder(folder, cell))
