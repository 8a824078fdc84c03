"""A method that ends its process in the middle of a cell, once."""

import os
import signal
from pathlib import Path

from harness.images import ImageSet
from harness.methods.base import FitReport
from harness.methods.constant import ConstantMethod


class EndsOnce(ConstantMethod):
    """Kills its process while the file that ``ENDS_ONCE`` names is there, and removes the file first."""

    def fit(self, images: ImageSet, report: FitReport) -> None:
        mark = Path(os.environ["ENDS_ONCE"])
        if mark.exists():
            mark.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        super().fit(images, report)
