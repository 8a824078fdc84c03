import sys

import pytest

from harness.errors import UnknownNameError
from harness.registry import Registry

SHAPES: Registry[object] = Registry(
    "shape", {"square": "collections:OrderedDict", "circle": "no_such_module:Circle", "oval": "collections:NoSuchThing"}
)


def test_names_come_in_the_order_of_registration() -> None:
    assert SHAPES.names() == ("square", "circle", "oval")


def test_a_name_is_imported_when_it_is_used() -> None:
    from collections import OrderedDict

    assert SHAPES.get("square") is OrderedDict


def test_checking_a_name_imports_nothing() -> None:
    SHAPES.check("circle")
    assert "no_such_module" not in sys.modules


def test_an_unknown_name_gets_the_nearest_known_one() -> None:
    with pytest.raises(
        UnknownNameError, match=r"^Unknown shape 'sqare'\. Did you mean 'square'\? Known: circle, oval, square\.$"
    ):
        SHAPES.check("sqare")


def test_a_name_like_no_other_gets_the_list_alone() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown shape 'xyz'\. Known: circle, oval, square\.$"):
        SHAPES.get("xyz")


def test_an_empty_registry_says_that_it_is_empty() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown shape 'square'\. Known: none\.$"):
        Registry("shape", {}).check("square")


def test_an_unregistered_object_is_named_by_module_and_attribute() -> None:
    from fractions import Fraction

    assert SHAPES.get("fractions:Fraction") is Fraction


@pytest.mark.parametrize("name", ["no_such_module:Thing", "fractions:NoSuchThing"])
def test_a_module_or_attribute_that_is_not_there_is_an_unknown_name(name: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"^Unknown shape '{name}': .*\. Right would be 'package\.module:attr"):
        SHAPES.get(name)


@pytest.mark.parametrize("name", [":Thing", "fractions:", ".fractions:Fraction", "a b:c", ":"])
def test_what_cannot_be_a_module_and_an_attribute_is_an_unknown_name(name: str) -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown shape '.*'\. Known: circle, oval, square\.$"):
        SHAPES.get(name)


def test_a_broken_entry_of_our_own_keeps_its_traceback() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        SHAPES.get("circle")
    with pytest.raises(AttributeError, match="NoSuchThing"):
        SHAPES.get("oval")
