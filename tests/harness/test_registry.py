import logging
import sys
from pathlib import Path

import pytest

from harness.errors import PlugInError, UnknownNameError
from harness.registry import Registry

SHAPES: Registry[object] = Registry(
    "shape", {"square": "collections:OrderedDict", "circle": "no_such_module:Circle", "oval": "collections:NoSuchThing"}
)


def install(folder: Path, package: str, **shapes: str) -> None:
    """What pip leaves of a package that registers shapes."""
    metadata = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {target}" for name, target in shapes.items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[test.shapes]", *lines]))


@pytest.fixture
def with_plug_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[object]:
    monkeypatch.syspath_prepend(tmp_path)
    install(tmp_path, "stars", star="fractions:Fraction", square="decimal:Decimal", dot="decimal:Decimal")
    install(tmp_path, "dots", dot="fractions:Fraction", comet="no_such_module:Comet")
    return Registry("shape", {"square": "collections:OrderedDict"}, entry_points="test.shapes")


def test_checking_a_name_imports_nothing() -> None:
    SHAPES.check("circle")
    assert "no_such_module" not in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sqare", r"^Unknown shape 'sqare'\. Did you mean 'square'\? Known: circle, oval, square\.$"),
        ("xyz", r"^Unknown shape 'xyz'\. Known: circle, oval, square\.$"),
        *((name, r"^Unknown shape '.*'\. Known: ") for name in (":T", "fractions:", ".fractions:F", "a b:c", ":")),
        ("no_such_module:Thing", r"^Unknown shape 'no_such_module:Thing': .*\. Expected 'package\.module:attribute'"),
        ("fractions:NoThing", r"^Unknown shape 'fractions:NoThing': .*\. Expected 'package\.module:attribute' of an"),
    ],
)
def test_an_unknown_name_is_one_line_with_the_known_ones(name: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        SHAPES.get(name)


def test_an_empty_registry_says_that_it_is_empty() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown shape 'square'\. Known: none\.$"):
        Registry("shape", {}).check("square")


def test_a_broken_entry_of_our_own_keeps_its_traceback() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        SHAPES.get("circle")
    with pytest.raises(AttributeError, match="NoSuchThing"):
        SHAPES.get("oval")


def test_entry_points_of_installed_packages_are_listed_after_our_own(with_plug_ins: Registry[object]) -> None:
    from fractions import Fraction

    assert with_plug_ins.names() == ("square", "comet", "dot", "star")
    assert with_plug_ins.get("star") is Fraction


@pytest.mark.parametrize(
    ("name", "packages"), [("square", "mfrnet-bench, stars"), ("dot", "(stars, dots|dots, stars)")]
)
def test_a_name_registered_twice_names_both_packages(name: str, packages: str, with_plug_ins: Registry[object]) -> None:
    with pytest.raises(PlugInError, match=rf"^The shape '{name}' is registered by more than one package: {packages};"):
        with_plug_ins.check(name)


def test_a_plug_in_that_cannot_be_imported_is_one_line(with_plug_ins: Registry[object]) -> None:
    with pytest.raises(
        PlugInError,
        match=r"^The shape 'comet' of package 'dots' cannot be imported \(no_such_module:Comet\): ModuleNotFoundError: "
        r"No module named 'no_such_module'$",
    ):
        with_plug_ins.get("comet")


def test_a_broken_plug_in_does_not_hide_the_others(
    with_plug_ins: Registry[object], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert [name for name, _ in with_plug_ins.loadable()] == ["star"]
    assert ["square" in text or "comet" in text or "dot" in text for text in caplog.messages] == [True] * 3
