"""Splits as CSV files."""

from collections.abc import Callable
from pathlib import Path

from harness.datasets.splits.manifest import manifest_split
from tests.hostile.bad_input import BadInput, written
from tests.support.tiny_dataset import TinyDataset

_RIGHT = "image,part\nn00,train\nn01,train\nn02,test\nn03,left_out\nd00,test\n"

_MANIFESTS: dict[str, str | bytes] = {
    "an image that does not exist": f"{_RIGHT}n77,train\n",
    "an image that leads elsewhere": f"{_RIGHT}../../etc/passwd,train\n",
    "an image listed twice": f"{_RIGHT}n01,test\n",
    "a defect that trains": _RIGHT.replace("d00,test", "d00,train"),
    "most images missing": "image,part\nn00,train\n",
    "an image that the data set leaves out": f"{_RIGHT}x00,test\n",
    "nothing": "",
    "no heading": "n00,train\n",
    "another heading": "image;part\nn00;train\n",
    "an unknown part": "image,part\nn00,validation\n",
    "one column": "image,part\nn00\n",
    "three columns": "image,part\nn00,train,1\n",
    "an open quote": 'image,part\n"n00,train\n',
    "bytes that are no text": b"image,part\n\xff\xfe\x00,train\n",
    "UTF-16": _RIGHT.encode("utf-16"),
    "a NUL": "image,part\nn\0,train\n",
    "a name that clears the screen": f"{_RIGHT}\x1b[2J,train\n",
    "a field of two hundred thousand characters": f"image,part\n{'n' * 200_000},train\n",
    "a part of one hundred thousand characters": f"image,part\nn00,{'p' * 100_000}\n",
    "a heading of one hundred thousand characters": "h" * 100_000,
}


def _from(place: Callable[[Path], Path]) -> Callable[[Path], object]:
    def read(here: Path) -> object:
        (here / "data").mkdir()
        dataset = TinyDataset(here / "data", [0, 1, 2, 3], [4], is_drawn=True)
        return manifest_split(dataset, here, "tiny", place(here))

    return read


def _read(content: str | bytes) -> Callable[[Path], object]:
    return _from(lambda here: written(here / "split.csv", content))


MANIFEST_INPUTS = [
    *(BadInput(f"manifest: {name}", _read(content)) for name, content in _MANIFESTS.items()),
    BadInput("manifest: a folder", _from(lambda here: here)),
    BadInput("manifest: an endless device", _from(lambda here: Path("/dev/zero"))),
]
