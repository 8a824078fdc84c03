import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.methods import METHODS
from harness.regimes import ONE_CLASS

SCRIPT = """
import os, signal, sys
from pathlib import Path
from harness.images import ImageSet
from harness.methods import METHODS
from harness.methods.base import MethodContext
from tests.support.baselines import random_weights
from tests.support.miniatures import write_image

folder, behaviour = Path(sys.argv[1]), sys.argv[2]
paths = tuple(folder / f"{number}.png" for number in range(4))
for number, path in enumerate(paths):
    write_image(path, number, size_px=(32, 32), defect=False)
images = ImageSet(ids=tuple(path.name for path in paths), paths=paths, size_px=(32, 32), key="four")
if behaviour == "handler":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))
method = METHODS.get("stfpm")
settings = method.Settings(backbone="resnet18", epochs=1000, batch_size=4)
context = MethodContext(seed=0, device="cpu", weights=random_weights(settings, folder))
method(settings, context).fit(images, lambda *report: os.kill(os.getpid(), signal.SIGTERM))
print("trained to the end")
"""


@pytest.mark.baselines
@pytest.mark.parametrize(("behaviour", "expected"), [("handler", 7), ("default", -signal.SIGTERM)])
def test_sigterm_ends_training_as_the_handler_of_the_process_says(
    behaviour: str, expected: int, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), behaviour], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (expected, ""), done.stderr


@pytest.mark.parametrize(("epochs", "steps", "expected"), [(3, 0, 9), (3, 4, 4), (3, 10, 9), (1, 0, 3)])
def test_the_steps_are_those_of_all_epochs_or_at_most_those_asked_for(epochs: int, steps: int, expected: int) -> None:
    kind = METHODS.get("draem")
    settings = replace(kind.Settings(), epochs=epochs, steps=steps, batch_size=8)
    assert kind.num_steps(settings, 17, (192, 192), ONE_CLASS) == expected
