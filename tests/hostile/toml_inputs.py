"""Descriptions of data sets, search spaces, run configurations and suites."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import harness
from harness.config import load_run_settings
from harness.config.suites import suite_values
from harness.datasets.folder.folder_dataset import FolderDataset
from harness.datasets.folder.folder_description import read_description
from harness.spaces import load_space
from tests.hostile.bad_input import BadInput, written
from tests.support.miniatures import FOLDER_TOML
from tests.support.searches import SPACE_TEXT

_NESTED = "[" * 5000
_DOTTED = ".".join("a" * 5000)
_DIGITS = "9" * 5000

_MIXED = """\
[categories.parts]
mixed = "kos*/*.jpg"
masks = "{folder}/{stem}_label.png"
train_share = 0.4
groups = "^([^/]+)/"
"""


def _described(text: str | bytes) -> Callable[[Path], object]:
    return lambda here: read_description(written(here / "dataset.toml", text))


def _replaced(whole: str, old: str, new: str) -> str:
    assert whole.count(old) >= 1, old
    return whole.replace(old, new, 1)


def _split(text: str, *images: str) -> Callable[[Path], object]:
    """The split of the described data set, with some files that are no images."""

    def read(here: Path) -> object:
        for image in images:
            written(here / image, b"no image")
        return FolderDataset(written(here / "dataset.toml", text)).split(here, "parts", 0)

    return read


def _spaced(text: str | bytes) -> Callable[[Path], object]:
    return lambda here: load_space(written(here / "space.toml", text))


def _configured(text: str | bytes) -> Callable[[Path], object]:
    return lambda here: load_run_settings({}, written(here / "run.toml", text))


def _suite(text: str | bytes) -> Callable[[Path], object]:
    return lambda here: load_run_settings({}, suite=str(written(here / "mine.toml", text)))


def _planned(**settings: Any) -> Callable[[Path], object]:
    return lambda here: harness.plan(results=str(here / "results"), data=here, **settings)


_DESCRIPTIONS = {
    "a title that is a number": ('title = "Castings"', "title = 3"),
    "a misspelt key": ("licence", "license"),
    "a misspelt key of a category": ("test_good =", "test_ok ="),
    "no images to train on": ('train_good = "front/train"\n', ""),
    "an empty list of patterns": ('"front/train"', "[]"),
    "a pattern that is a number": ('"front/train"', "[1]"),
    "a pattern that leads out of the folder": ('"front/train"', '"../train"'),
    "a pattern with an absolute path": ('"front/train"', '"/train"'),
    "a pattern with backslashes": ('"front/train"', '"front\\\\train"'),
    "a pattern with two stars in a name": ('"front/train"', '"front/**.png"'),
    "a pattern with a NUL": ('"front/train"', '"front/\\u0000"'),
    "a pattern with many deep stars": ('"front/train"', f'"{"**/" * 40}*.png"'),
    "masks without a stem": ("{stem}_mask", "mask"),
    "masks with an unknown field": ("{kind}/{stem}", "{name}/{stem}"),
    "masks with an open brace": ("{kind}/{stem}", "{kind/{stem}"),
    "masks padded to ten gigabytes": ("{stem}", "{stem:>9999999999}"),
    "masks with an attribute": ("{kind}/{stem}", "{kind.__class__}/{stem}"),
    "masks with a conversion": ("{kind}/{stem}", "{kind!r}/{stem}"),
    "a kind of defect that is a number": ('dent = "front/test/dent"', "dent = 1"),
    "a kind of defect called good": ("dent =", "good ="),
    "a kind of defect that leads out of the folder": ("dent =", '"../../dent" ='),
    "no kind of defect": ('[categories.back.test_defects]\ndent = "back/dent"\n', ""),
    "a name with a slash": ('title = "Castings"', 'name = "a/b"'),
    "the name all": ('title = "Castings"', 'name = "all"'),
    "a name that clears the screen": ('title = "Castings"', 'name = "a\\u001b[2Jb"'),
    "a name of two lines": ('title = "Castings"', 'name = "a\\nb"'),
    "a name that is longer than a file's may be": ('title = "Castings"', f'name = "{"n" * 300}"'),
    "a category that leads out of the results": ("[categories.front]", '[categories."../../etc"]'),
    "a category with an absolute path": ("[categories.front]", '[categories."/etc"]'),
    "a category without a name": ("[categories.front]", '[categories.""]'),
    "a category that writes backwards": ("[categories.front]", '[categories."a\\u202eb"]'),
    "half a line": ('title = "Castings"', "title ="),
    "a key given twice": ('title = "Castings"', 'title = "a"\ntitle = "b"'),
}

_UNDIVIDED = {
    "mixed images without masks": ("masks =", "# masks ="),
    "undivided and divided lists": ("mixed =", 'train_good = "ok"\nmixed ='),
    "a test list alone": ("mixed =", "test_mixed ="),
    "a share of nothing": ("mixed =", 'train_good = "ok"\ntest_mixed ='),
    "undivided good images alone": ("mixed =", "good ="),
    "a share of all": ("train_share = 0.4", "train_share = 1"),
    "a share in words": ("train_share = 0.4", 'train_share = "half"'),
    "a share that is no number": ("train_share = 0.4", "train_share = nan"),
    "a flag that is a number": ("train_share = 0.4", "no_mask_is_good = 1"),
    "a group that is not closed": ('"^([^/]+)/"', '"^(kos"'),
    "a group without parentheses": ('"^([^/]+)/"', '"^kos"'),
    "two groups": ('"^([^/]+)/"', '"^(k)(o)"'),
    "a folder that is not there": ("[cat", 'folder = "gone"\n[cat'),
    "a folder that clears the screen": ("[cat", 'folder = "\\u001b[2J\\nx"\n[cat'),
    "a folder with a NUL": ("[cat", 'folder = "a\\u0000b"\n[cat'),
    "a folder whose name is too long": ("[cat", f'folder = "{"f" * 300}"\n[cat'),
}

_SPACES = {
    "bounds the wrong way round": ("low = 2", "low = 5"),
    "equal bounds": ("low = 2", "low = 4"),
    "a bound in words": ("low = 2", 'low = "two"'),
    "a bound that is a date": ("low = 2", "low = 2024-01-01"),
    "a logarithm of zero": ("low = 2", "low = 0\nlog = true"),
    "a step that does not fit": ("low = 2", "low = 2\nstep = 3"),
    "a misspelt bound": ("low = 2", "low = 2\nlwo = 3"),
    "no reason": ('why = "hides more"', ""),
    "an empty reason": ('why = "hides more"', 'why = " "'),
    "an unknown kind": ('kind = "int"', 'kind = "itn"'),
    "no kind": ('kind = "int"', ""),
    "a kind that is a list": ('kind = "int"', "kind = [[1]]"),
    "a condition on nothing": ('why = "', 'when = {n = [1]}\nwhy = "'),
    "a circular condition": ('why = "', 'when = {k = [2]}\nwhy = "'),
    "no method": ('method = "mfrnet"', ""),
    "an unknown table": ("[space.k]", "[spaces]\n[space.k]"),
    "an unknown metric": ('["image_auroc"]', '["auroc"]'),
    "no metric": ('["image_auroc"]', "[]"),
    "a metric that is no list": ('["image_auroc"]', '"image_auroc"'),
    "the wrong direction": ('["image_auroc"]', '["image_auroc"]\ndirection = "minimize"'),
    "a mean of quality and cost": ('["image_auroc"]', '["image_auroc", "fit_seconds"]'),
    "two directions of one objective": ('["image_auroc"]', '["image_auroc"]\ndirection = ["maximize", "minimize"]'),
    "an unknown selection": ('["image_auroc"]', '["image_auroc"]\nselection = "test"'),
    "no trial": ("[space.k]", "[budget]\ntrials = 0\n[space.k]"),
    "falling shares": ("[space.k]", '[budget]\nfidelity = {setting = "steps", shares = [0.5, 0.2]}\n[space.k]'),
    "a fidelity that is searched": ("[space.k]", '[budget]\nfidelity = {setting = "k", shares = [0.5]}\n[space.k]'),
    "a default outside its bounds": ("[space.k]", "[default]\nk = 9\n[space.k]"),
    "a default of nothing": ("[space.k]", "[default]\nn = 2\n[space.k]"),
    "a setting both fixed and searched": ("[space.k]", "[fixed]\nk = 3\n[space.k]"),
    "an infinite bound": ("low = 2\nhigh = 4", "low = -inf\nhigh = inf"),
    "a float without an end": ('kind = "int"\nlow = 2\nhigh = 4', 'kind = "float"\nlow = 0.0\nhigh = inf'),
    "a bound that is no number": ('kind = "int"\nlow = 2\nhigh = 4', 'kind = "float"\nlow = nan\nhigh = 1.0'),
    "more steps than a float can count": (
        'kind = "int"\nlow = 2\nhigh = 4', 'kind = "float"\nlow = 0.0\nhigh = 1.0\nstep = 1e-320',
    ),
    "a subset of twenty": ('kind = "int"\nlow = 2\nhigh = 4', f'kind = "subset"\nof = {list(range(20))}'),
    "one choice": ('kind = "int"\nlow = 2\nhigh = 4', 'kind = "categorical"\nchoices = [1]'),
    "a bound beyond 64 bits": ("high = 4", "high = 99999999999999999999999"),
    "a trial count beyond 64 bits": ("[space.k]", "[budget]\ntrials = 99999999999999999999999\n[space.k]"),
    "a time limit that is no number": ("[space.k]", "[budget]\nseconds = nan\n[space.k]"),
}  # fmt: skip

_CONFIGS: dict[str, str | bytes] = {
    "a protocol that is a number": "protocol = 3",
    "weights that are a number": "weights = 3",
    "data sets of a protocol that are a number": "[protocol]\ndatasets = 3",
    "a data set of a protocol that is a number": "[protocol.datasets]\nksdd = 3",
    "a table of overrides": "[overrides.mfrnet]\nk = 3",
    "an open list": "seeds = [0,",
    "a misspelt setting": "seed = 1",
    "a misspelt setting of the protocol": '[protocol]\naspekt = "pad"',
    "lists five thousand deep": f"seeds = {_NESTED}",
    "keys five thousand deep": f"{_DOTTED} = 1",
    "settings five thousand deep": f"[methods.constant]\n{_DOTTED} = 1",
    "a number of five thousand digits": f"seeds = [{_DIGITS}]",
    "bytes that are no text": b"\xff\xfe\x00",
    "a file of two megabytes": "# " + "x" * 2_000_000,
    "a negative seed": "seeds = [-1]",
    "a seed beyond 32 bits": "seeds = [4294967296]",
    "a day that does not exist": "seeds = [2024-02-30]",
    "an image of one pixel": "[protocol]\nimage_size_px = 1",
    "an image of a million pixels a side": "[protocol]\nimage_size_px = 1000000",
    "tiles that overlap wholly": '[protocol]\naspect = "tiles"\ntile_overlap = 1.0',
    "an overlap that is no number": '[protocol]\naspect = "tiles"\ntile_overlap = nan',
    "false alarms that are no number": "false_alarms = nan",
    "a worker of infinite size": "cpus_per_worker = inf",
    "a text of one hundred thousand characters": f'policy = "{"x" * 100_000}"',
    "a text that clears the screen": 'policy = "\\u001b[2J"',
}

_SUITES: dict[str, str | bytes] = {
    "a suite with a misspelt setting": "seed = 1",
    "a suite whose protocol is a number": "protocol = 3",
    "a suite with lists five thousand deep": f"seeds = {_NESTED}",
    "a suite that is no text": b"\x00\xff",
}

_CHANGED = [
    *((f"description: {name}", _described(_replaced(FOLDER_TOML, *change))) for name, change in _DESCRIPTIONS.items()),
    *((f"description: {name}", _described(_replaced(_MIXED, *change))) for name, change in _UNDIVIDED.items()),
    *((f"space: {name}", _spaced(_replaced(SPACE_TEXT, *change))) for name, change in _SPACES.items()),
    *((f"config: {name}", _configured(text)) for name, text in _CONFIGS.items()),
    *((f"suite: {name}", _suite(text)) for name, text in _SUITES.items()),
]

TOML_INPUTS = [
    *(BadInput(name, read) for name, read in _CHANGED),
    BadInput("description: no categories", _described('title = "empty"')),
    BadInput("description: categories that are a number", _described("categories = 1")),
    BadInput("description: a category that is a number", _described("[categories]\nfront = 1")),
    BadInput("description: lists five thousand deep", _described(f"categories = {_NESTED}")),
    BadInput("description: keys five thousand deep", _described(f"{_DOTTED} = 1")),
    BadInput("description: no file", lambda here: read_description(here)),
    BadInput("description: a pattern without images", _split('[categories.parts]\ntrain_good = "gone"\n')),
    BadInput(
        "description: one image in two lists",
        _split('[categories.parts]\ntrain_good = "a"\ntest_good = "a"\ntest_defects.x = "b"\n', "a/0.png", "b/0.png"),
    ),
    BadInput(
        "description: an image without a group",
        _split('[categories.parts]\ngood = "a"\ntest_defects.x = "b"\ngroups = "^(c)"\n', "a/0.png", "b/0.png"),
    ),
    BadInput("space: keys five thousand deep", _spaced(f"{SPACE_TEXT}\n[fixed]\n{_DOTTED} = 1")),
    BadInput("config: no file", lambda here: load_run_settings({}, here / "gone.toml")),
    BadInput("config: a folder", lambda here: load_run_settings({}, here)),
    BadInput("config: an endless device", lambda here: load_run_settings({}, Path("/dev/zero"))),
    BadInput("config: a name that is too long", lambda here: load_run_settings({}, Path("c" * 300))),
    BadInput("suite: an unknown name", lambda here: suite_values("smok")),
    BadInput("suite: a name that leads elsewhere", lambda here: suite_values("../../pyproject")),
    BadInput("plan: a fold of five thousand digits", _planned(datasets=["demo"], split=f"kfold-{_DIGITS}-1")),
    BadInput("plan: more than all folds", _planned(datasets=["demo"], split="kfold-5-999999999")),
    BadInput("plan: a method with a path", _planned(datasets=["demo"], methods=["../../evil:Class"])),
    BadInput("plan: a setting that is no number", _planned(datasets=["demo"], methods={"mfrnet": {"k": float("nan")}})),
    BadInput("plan: a network of a billion blocks", _planned(datasets=["demo"], methods={"mfrnet": {"depth": 10**9}})),
    BadInput("plan: a data set that is a class of no module", _planned(datasets=["no_such_module:Class"])),
]  # fmt: skip
