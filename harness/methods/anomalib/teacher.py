"""Files that some models need from the user: EfficientAD's teacher and folders of images."""

from pathlib import Path
from typing import Any

from harness.errors import WeightsError
from harness.methods.backbone_weights import local_weights

_FOLDERS = {
    "imagenet_dir": (True, "photographs in one folder a class, such as Imagenette's train folder"),
    "dtd_dir": (False, "textures, such as the Describable Textures Dataset's images folder"),
}
"""Name of the setting to whether it is required, and what the folder contains."""


def check_folders(method: str, settings: Any) -> None:
    """Check that each required folder of images is given, and that each given folder exists.

    Args:
        method: Name on the command line.
        settings: Of the method.

    Raises:
        WeightsError: A folder is missing; the message names the setting and what the folder should contain.
    """
    for setting, (is_needed, content) in _FOLDERS.items():
        chosen = getattr(settings, setting, None)
        if chosen is None or (chosen == "" and not is_needed):
            continue
        if chosen == "":
            raise WeightsError(f"{method} needs {content}; use --set {method}.{setting}=FOLDER.")
        if not Path(chosen).is_dir():
            raise WeightsError(f"{method}.{setting}: expected a folder with {content}, got {chosen!r}.")


def load_teacher(method: str, model: Any, settings: Any, weights: Path | None) -> None:
    """Load EfficientAD's teacher, and keep the model from downloading it.

    Args:
        method: Name on the command line.
        model: anomalib's ``EfficientAd``.
        settings: Of the method.
        weights: State dict of the teacher.

    Raises:
        WeightsError: No file is given, or it does not hold the teacher of this size.
    """
    if weights is None:
        raise WeightsError(
            f"{method} needs its pre-trained teacher; use --weights {settings.backbone}=FILE with "
            f"pretrained_teacher_{settings.model_size}.pth of anomalib's efficientad_pretrained_weights.zip."
        )
    try:
        model.model.teacher.load_state_dict(local_weights(weights).state_dict())
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise WeightsError(f"{weights}: expected the teacher of {method}, got other weights ({reason})") from error
    model.prepare_pretrained_model = lambda: None
