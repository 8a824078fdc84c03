import tomllib
from pathlib import Path

from harness.config import load_run_settings
from harness.search.settings_file import write_settings

VALUES = {
    "datasets": ["mtd"],
    "split": "published",
    "protocol": {"image_size_px": 128},
    "weights": {"vit_tiny.augreg_in21k": "/w/a b.pth"},
    "methods": {"mfrnet": {"k": 3, "layers": [1, "layer2"], "learning_rate": 1e-05, "compile": False}},
}


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    write_settings(tmp_path / "a.settings.toml", VALUES, ("Trial 3.", 'Said "so".'))
    text = (tmp_path / "a.settings.toml").read_text()
    assert text.startswith('# Trial 3.\n# Said "so".\n')
    assert tomllib.loads(text) == VALUES


def test_a_run_takes_it_as_its_config(tmp_path: Path) -> None:
    write_settings(tmp_path / "a.settings.toml", VALUES, ())
    settings = load_run_settings({}, tmp_path / "a.settings.toml")
    assert (settings.datasets, settings.methods) == (("mtd",), ("mfrnet",))
    assert settings.overrides["mfrnet"]["learning_rate"] == 1e-05
