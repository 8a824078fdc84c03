"""Setting the thresholds of a kept detector anew, from the scores that its bundle holds."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from harness.config.validation import one_line
from harness.environment import command_line
from harness.errors import BundleError, SettingsError

if TYPE_CHECKING:
    from harness.bundles import Thresholds


def threshold(bundle: str | Path, *, false_alarms: float = 0.05, rule: str = "order") -> "Thresholds":
    """Set the thresholds of a bundle for another rate of false alarms; nothing is fitted again.

    Args:
        bundle: The folder.
        false_alarms: Share of good parts that may raise an alarm, in (0, 1).
        rule: ``order`` or ``mean-3sd``; see ``ThresholdSettings``.

    Raises:
        BenchError: The folder is no bundle, or too few good images were held out for the rate.

    >>> import tempfile, harness
    >>> from pathlib import Path
    >>> bundles = harness.fit(
    ...     datasets=["demo/board"], methods=["constant"], protocol={"image_size_px": 32},
    ...     out=Path(tempfile.mkdtemp()) / "board", false_alarms=0.2,
    ... )
    >>> harness.threshold(bundles[0], false_alarms=0.3).false_alarms
    0.3
    """
    from harness.bundles import ThresholdSettings, set_thresholds
    from harness.bundles.bundle import read_description, rewrite_description

    folder = Path(bundle)
    try:
        settings = ThresholdSettings.model_validate({"false_alarms": false_alarms, "rule": rule})
    except ValidationError as error:
        raise SettingsError(one_line(error)) from error
    description = read_description(folder)
    if not description.held_out:
        raise BundleError(
            f"{folder}: holds no scores of held-out good images; expected a bundle of 'bench fit', or of 'bench run "
            "--keep-models' with --calibration-folds."
        )
    found = set_thresholds(description.held_out, settings)
    rewrite_description(
        folder, description.model_copy(update={"thresholds": found, "threshold_command": command_line()})
    )
    return found
