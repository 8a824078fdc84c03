"""What some models need beside networks of timm, given by the user: EfficientAD's teacher, folders of images."""

from pathlib import Path
from typing import Any

from harness.errors import WeightsError
from harness.methods.backbone_weights import local_weights

_FOLDERS = {
    "imagenet_dir": (True, "photographs in one folder a class, such as Imagenette's train folder"),
    "dtd_dir": (False, "textures, such as the Describable Textures Dataset's images folder"),
}
"""Setting to whether the model needs it, and what is in it."""


def check_folders(method: str, settings: Any) -> None:
    """Refuse a folder of images that is needed and not given, or given and not there.

    Args:
        method: Name on the command line.
        settings: Of the method.

    Raises:
        WeightsError: One line: which setting, and what the folder holds.
    """
    for setting, (is_needed, content) in _FOLDERS.items():
        chosen = getattr(settings, setting, None)
        if chosen is None or (chosen == "" and not is_needed):
            continue
        if chosen == "":
            raise WeightsError(f"{method} needs {content}; right would be --set {method}.{setting}=FOLDER.")
        if not Path(chosen).is_dir():
            raise WeightsError(f"{method}.{setting} = {chosen!r} is no folder; right would be one with {content}.")


def load_teacher(method: str, model: Any, settings: Any, weights: Path | None) -> None:
    """Put EfficientAD's teacher in place, and keep the model from fetching it.

    Args:
        method: Name on the command line.
        model: anomalib's ``EfficientAd``.
        settings: Of the method.
        weights: State dict of the teacher.

    Raises:
        WeightsError: There is no file, or it is not that teacher.
    """
    if weights is None:
        raise WeightsError(
            f"{method} needs its pre-trained teacher; right would be --weights {settings.backbone}=FILE with "
            f"pretrained_teacher_{settings.model_size}.pth of anomalib's efficientad_pretrained_weights.zip."
        )
    try:
        model.model.teacher.load_state_dict(local_weights(weights).state_dict())
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise WeightsError(f"{weights}: is not the teacher of {method}: {reason}") from error
    model.prepare_pretrained_model = lambda: None
