from pathlib import Path
from typing import Any

import pytest

from harness.config import Protocol, RunSettings, load_run_settings, run_settings
from harness.errors import SettingsError, UnknownNameError

FILE = """\
datasets = ["mtd"]
seeds = [0, 1]
panels = 2

[protocol]
image_size_px = 64
aspect = "square"

[weights]
resnet18 = "from_file.pth"
resnet50 = "other.pth"

[methods.mfrnet]
k = 3
n = 1

[methods.gaussian]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(FILE)
    return path


def test_nothing_given_is_the_defaults() -> None:
    assert load_run_settings({}) == RunSettings()


def test_a_file_goes_over_the_defaults(config: Path) -> None:
    settings = load_run_settings({}, config)
    assert (settings.datasets, settings.seeds, settings.panels) == (("mtd",), (0, 1), 2)
    assert settings.protocol == Protocol(image_size_px=64, aspect="square")
    assert settings.policy == RunSettings().policy


def test_a_flag_goes_over_the_file(config: Path) -> None:
    settings = load_run_settings({"seeds": (7,)}, config)
    assert (settings.seeds, settings.datasets) == ((7,), ("mtd",))


def test_protocol_and_weights_are_merged_key_by_key(config: Path) -> None:
    flags = {"protocol": {"image_size_px": 96}, "weights": {"resnet18": "flag.pth"}}
    settings = load_run_settings(flags, config)
    assert settings.protocol == Protocol(image_size_px=96, aspect="square")
    assert settings.weights == {"resnet18": Path("flag.pth"), "resnet50": Path("other.pth")}


def test_a_data_set_may_have_a_protocol_of_its_own(config: Path) -> None:
    config.write_text(FILE + '[protocol.datasets.ksdd]\naspect = "tiles"\ntile_overlap = 0.5\n')
    flags = {"protocol": {"mask_threshold": 0, "datasets": {"ksdd": {"tile_overlap": 0.0}, "mtd": {"aspect": "pad"}}}}
    settings = load_run_settings(flags, config)
    assert settings.protocol_of("demo") == Protocol(image_size_px=64, aspect="square", mask_threshold=0)
    assert settings.protocol_of("mtd") == Protocol(image_size_px=64, aspect="pad", mask_threshold=0)
    assert settings.protocol_of("ksdd") == Protocol(
        image_size_px=64, aspect="tiles", tile_overlap=0.0, mask_threshold=0
    )


def test_a_data_set_with_an_aspect_of_its_own_takes_over_nothing_about_tiles() -> None:
    protocol = {"aspect": "tiles", "tile_overlap": 0.5, "tiled_size_px": 384}
    datasets = {"mtd": {"aspect": "pad"}, "ksdd": {"resolution": "own"}}
    settings = load_run_settings({"protocol": {**protocol, "datasets": datasets}})
    assert settings.protocol_of("mtd") == Protocol(aspect="pad")
    assert settings.protocol_of("ksdd") == Protocol(**protocol, resolution="own")


def test_settings_of_methods_are_merged_key_by_key(config: Path) -> None:
    settings = load_run_settings({"overrides": {"mfrnet": {"k": 4}, "gaussian": {"top_share": 0.1}}}, config)
    assert settings.overrides == {"mfrnet": {"k": 4, "n": 1}, "gaussian": {"top_share": 0.1}}


def test_tables_of_methods_say_which_methods_run(config: Path) -> None:
    assert load_run_settings({}, config).methods == ("mfrnet", "gaussian")
    assert load_run_settings({"methods": ("gaussian",)}, config).methods == ("gaussian",)


def test_a_list_of_methods_needs_no_tables(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text('methods = ["constant"]\n')
    settings = load_run_settings({}, tmp_path / "run.toml")
    assert (settings.methods, settings.overrides) == (("constant",), {})


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ({"seeds": ("x",)}, r"seeds: expected a whole number, got 'x'"),
        ({"seeds": (-1,)}, r"seeds: expected at least 0, got -1"),
        ({"seeds": (10**20 - 1,)}, r"seeds: expected at most 4294967295, got 9+"),
        ({"seeds": "a"}, r"seeds: expected a list such as \[0, 1\], got 'a'"),
        ({"seeds": ()}, r"seeds: expected at least 1 entry, got \[\]"),
        ({"datasets": "demo"}, r"datasets: expected a list such as \['mvtec_ad', 'mtd'\], got 'demo'"),
        ({"methods": ()}, r"methods: expected at least 1 entry, got \[\]"),
        ({"methods": {"mfrnet": 3}}, r"methods\.mfrnet: expected a table, got 3"),
        ({"policy": "again"}, r"policy: expected 'only-missing', 'failed', 'always' or 'never', got 'again'"),
        ({"workers": -1}, r"workers: expected at least 0, got -1"),
        ({"data_parallel": "all"}, r"data_parallel: expected 'auto' or a whole number, got 'all'"),
        ({"cpus_per_worker": 0}, r"cpus_per_worker: expected more than 0, got 0"),
        ({"protocol": 3}, r"protocol: expected a table, got 3"),
        ({"protocol": {"image_size_px": 100}}, r"protocol\.image_size_px: expected a multiple of 32, got 100"),
        ({"protocol": {"tile_overlap": 0.5}}, r"protocol: tile_overlap needs aspect 'tiles', got aspect 'keep'"),
        (
            {"protocol": {"datasets": {"ksdd": {"aspect": "crop"}}}},
            r"protocol\.datasets\.ksdd\.aspect: expected 'keep', 'square', 'pad' or 'tiles', got 'crop'",
        ),
    ],
)
def test_a_wrong_value_is_one_line_with_its_place(flags: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{text}\.$"):
        load_run_settings(flags)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"seed": 1}, r"'seed'\. Did you mean 'seeds'\?"),
        ({"protocol": {"aspekt": "pad"}}, r"in protocol: 'aspekt'\. Did you mean 'aspect'\?"),
        (
            {"protocol": {"datasets": {"mtd": {"aspekt": "pad"}}}},
            r"in protocol\.datasets\.mtd: 'aspekt'\. Did you mean 'aspect'\?",
        ),
    ],
)
def test_an_unknown_setting_gets_the_nearest_known_one(given: dict[str, Any], text: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"^Unknown setting {text}"):
        load_run_settings(given)


def test_an_unknown_setting_of_a_file_is_named_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("seed = 1\n")
    with pytest.raises(UnknownNameError, match=r"^Unknown setting in .*run\.toml: 'seed'\. Did you mean 'seeds'\?"):
        load_run_settings({}, tmp_path / "run.toml")


def test_a_notebook_changes_fields_of_settings_that_it_has(config: Path) -> None:
    settings = load_run_settings({}, config)
    changed = run_settings(settings, seeds=[7], methods={"constant": {}})
    assert (changed.seeds, changed.methods, changed.panels) == ((7,), ("constant",), 2)
    assert run_settings({"seeds": [0, 1]}, seeds=[7]) == RunSettings(seeds=(7,))
