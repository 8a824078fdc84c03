"""``detector.json``: which detector made the predictions beside it, and how it was asked to."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from harness.atomic_files import write_atomically
from harness.bundles import BundleDescription
from harness.bundles.json_file import read_json_file

FILE = "detector.json"


class JudgedBy(BaseModel):
    """The origin of predictions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    detector: BundleDescription
    command: str
    """The command that made the predictions, as it was typed."""
    started_at: str
    """ISO 8601, UTC."""

    def write(self, folder: Path) -> None:
        """Write the file into the folder of the predictions, whole or not at all."""
        write_atomically(folder / FILE, (self.model_dump_json(indent=1) + "\n").encode())


def read_judged_by(folder: Path) -> JudgedBy:
    """Read the file in the folder of predictions.

    Raises:
        BundleError: There is none, or it is damaged.
    """
    return read_json_file(JudgedBy, folder / FILE, "a folder that 'bench predict --out' wrote")
