from pathlib import Path
from typing import Any

import pytest

from harness.config import Protocol, RunSettings, load_run_settings
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
        ({"seeds": ("x",)}, r"seeds\.0 = 'x': input should be a valid integer"),
        ({"seeds": (-1,)}, r"seeds\.0 = -1: input should be greater than or equal to 0"),
        ({"seeds": ()}, r"seeds = \(\): tuple should have at least 1 item"),
        ({"datasets": ()}, r"datasets = \(\): tuple should have at least 1 item"),
        ({"methods": ()}, r"methods = \(\): tuple should have at least 1 item"),
        ({"datasets": "demo"}, r"datasets = 'demo': input should be a valid tuple"),
        ({"policy": "again"}, r"policy = 'again': input should be 'only-missing', 'failed', 'always' or 'never'"),
        ({"workers": -1}, r"workers = -1: input should be greater than or equal to 0"),
        ({"cpus_per_worker": 0}, r"cpus_per_worker = 0: input should be greater than 0"),
        ({"gpus_per_worker": -0.5}, r"gpus_per_worker = -0\.5: input should be greater than or equal to 0"),
        ({"panels": -1}, r"panels = -1: input should be greater than or equal to 0"),
        ({"protocol": {"image_size_px": 100}}, r"protocol\.image_size_px = 100: input should be a multiple of 32"),
        ({"protocol": {"aspect": "crop"}}, r"protocol\.aspect = 'crop': input should be 'keep', 'square', 'pad'"),
        ({"protocol": {"tile_overlap": 0.5}}, r"protocol = \{.*\}: tile_overlap is for aspect 'tiles' alone"),
        (
            {"protocol": {"datasets": {"ksdd": {"aspect": "crop"}}}},
            r"protocol\.datasets\.ksdd\.aspect = 'crop': input should be 'keep', 'square', 'pad'",
        ),
        ({"protocol": {"size": 64}}, r"protocol\.size = 64: extra inputs are not permitted"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_place(flags: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{text}[^\n]*\.$"):
        load_run_settings(flags)


def test_an_unknown_setting_gets_the_nearest_known_one() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown setting 'seed'\. Did you mean 'seeds'\?"):
        load_run_settings({"seed": 1})


def test_an_unknown_setting_of_a_file_is_named_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("seed = 1\n")
    with pytest.raises(UnknownNameError, match=r"^Unknown setting in .*run\.toml: 'seed'\. Did you mean 'seeds'\?"):
        load_run_settings({}, tmp_path / "run.toml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^--config .*none\.toml: there is no such file\.$"):
        load_run_settings({}, tmp_path / "none.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^--config .*: cannot be read: Is a directory\.$"):
        load_run_settings({}, tmp_path)


@pytest.mark.parametrize("content", [b"seeds = [0,", b"\xff\xfe"])
def test_a_file_of_another_kind_is_not_toml(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"^--config .*run\.toml: not TOML: "):
        load_run_settings({}, tmp_path / "run.toml")


@pytest.mark.parametrize("name", ["protocol", "weights", "overrides"])
def test_a_value_where_a_table_belongs_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "run.toml").write_text(f"{name} = 3\n")
    with pytest.raises(SettingsError, match=rf"run\.toml: {name} = 3: right would be a table \[{name}\]\.$"):
        load_run_settings({name: {}}, tmp_path / "run.toml")


@pytest.mark.parametrize("text", ["[protocol]\ndatasets = 3", "[protocol.datasets]\nksdd = 3"])
def test_a_value_where_the_protocol_of_a_data_set_belongs_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.toml").write_text(text)
    with pytest.raises(
        SettingsError, match=r"run\.toml: protocol\.datasets = .*: right would be tables \[protocol\.da"
    ):
        load_run_settings({}, tmp_path / "run.toml")


def test_a_value_where_the_settings_of_a_method_belong_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("[methods]\nmfrnet = 3\n")
    with pytest.raises(SettingsError, match=r"^overrides\.mfrnet = 3: input should be a valid dictionary\.$"):
        load_run_settings({}, tmp_path / "run.toml")
