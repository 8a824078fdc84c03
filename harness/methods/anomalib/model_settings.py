"""Settings of a model: the plain values among the arguments of anomalib's constructor, and those of the trainer."""

import inspect
import re
import types
from collections.abc import Sequence
from dataclasses import field, fields, make_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from harness.methods.anomalib.recipes import Recipe
from mfrnet.settings import check_ranges

_COMPONENTS = ("self", "pre_processor", "post_processor", "evaluator", "visualizer", "pre_trained", "kwargs")
"""Arguments that are not settings: the adapter switches them off, or ``--weights`` decides them."""
_OUR_NAME = {"encoder_name": "backbone"}
"""Arguments that are renamed, so that ``--backbone`` and ``--weights`` find the same name in every method."""
_TRAINER = {
    "epochs": {"help": "Passes over the training images.", "low": 1},
    "steps": {"help": "Optimiser steps after which training ends at the latest; 0 for no limit.", "low": 0},
    "batch_size": {"help": "Training images in one step.", "low": 1},
}
_ARGUMENT = re.compile(r" {2,4}(\w+) *(?:\(.*\))?: (.*)")
_NO_TYPE = object()


def settings_type(model_type: type, recipe: Recipe) -> type[Any]:
    """Make a frozen dataclass with a default for every field.

    Args:
        model_type: The model's class; its constructor decides the fields, its docstring their ``help``.
        recipe: Defaults of the fields of the trainer: ``epochs``, ``steps``, ``batch_size``.
    """
    chosen: list[tuple[str, Any, Any]] = []
    meanings = argument_help(inspect.getdoc(model_type) or "")
    for name, parameter in _parameters(model_type).items():
        default = recipe.defaults.get(name, _plain(parameter.default))
        annotation = _plain_type(_hints(model_type).get(name, type(default)))
        if annotation is not _NO_TYPE and parameter.default is not inspect.Parameter.empty:
            metadata = {"help": meanings[name]} if name in meanings else {}
            chosen.append((_OUR_NAME.get(name, name), annotation, field(default=default, metadata=metadata)))
    trainer = {"epochs": recipe.epochs, "steps": recipe.steps, "batch_size": recipe.batch_size}
    taken = {name for name, _, _ in chosen}
    chosen += [
        (name, int, field(default=value, metadata=_TRAINER[name]))
        for name, value in trainer.items()
        if name not in taken
    ]
    namespace: dict[str, Any] = {
        "__post_init__": check_ranges,
        "__doc__": f"Settings of anomalib's {model_type.__name__}.",
    }
    if recipe.teacher:
        namespace["backbone"] = property(lambda settings: recipe.teacher.format_map(vars(settings)))
    return make_dataclass(
        f"{model_type.__name__}Settings",
        chosen,
        frozen=True,
        kw_only=True,
        namespace=namespace,
    )


def constructor_arguments(model_type: type, settings: Any) -> dict[str, Any]:
    """The arguments with which anomalib's constructor is called for these settings."""
    values = {each.name: getattr(settings, each.name) for each in fields(settings)}
    arguments = {}
    for name, parameter in _parameters(model_type).items():
        ours = _OUR_NAME.get(name, name)
        if ours in values:
            arguments[name] = _as_constructor_takes(values[ours], parameter.default)
    return arguments


def argument_help(docstring: str) -> dict[str, str]:
    r"""The first sentence about each argument of a docstring in Google style.

    Args:
        docstring: With its common indentation removed, as ``inspect.getdoc`` returns it.

    >>> argument_help("A model.\n\nArgs:\n    rate (float): Step size\n        of Adam. Defaults to 1.\n")
    {'rate': 'Step size of Adam.'}
    """
    _, _, section = docstring.partition("Args:\n")
    texts: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if line and not line.startswith(" "):
            break
        if found := _ARGUMENT.fullmatch(line):
            name = found[1]
            texts[name] = found[2]
        elif name:
            texts[name] += f" {line.strip()}"
    return {name: _first_sentence(text) for name, text in texts.items()}


def _first_sentence(text: str) -> str:
    plain = " ".join(text.replace("``", "").split()).split(" Defaults to ")[0]
    sentence = re.split(r"(?<=[.!?])\s+(?=[A-Z])", plain)[0].rstrip(".")
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _parameters(model_type: type) -> dict[str, inspect.Parameter]:
    signature = inspect.signature(model_type)
    return {name: parameter for name, parameter in signature.parameters.items() if name not in _COMPONENTS}


def _hints(model_type: type) -> dict[str, Any]:
    try:
        return get_type_hints(model_type.__init__)  # type: ignore[misc]
    except NameError:  # a name that only type checkers import
        return {}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    return value


def _as_constructor_takes(value: Any, default: Any) -> Any:
    if isinstance(default, Enum):
        return type(default)(value)
    if isinstance(value, tuple) and not isinstance(default, tuple):
        return [_as_constructor_takes(item, None) for item in value]
    return value


def _plain_type(annotation: Any) -> Any:
    """The annotation with lists as tuples and enumerations as their values; ``_NO_TYPE`` if nothing is left of it."""
    if annotation in (bool, int, float, str, type(None)):
        return annotation
    if isinstance(annotation, type) and issubclass(annotation, Path):
        return str
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return Literal[tuple(member.value for member in annotation)]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        enumerations = [each for each in arguments if isinstance(each, type) and issubclass(each, Enum)]
        members = [_plain_type(each) for each in arguments if not (enumerations and each is str)]
        members = [each for each in members if each is not _NO_TYPE]
        return Union[tuple(members)] if members else _NO_TYPE  # noqa: UP007 - built from a list
    if origin is tuple and Ellipsis not in arguments:
        members = [_plain_type(each) for each in arguments]
        return _NO_TYPE if _NO_TYPE in members else tuple[tuple(members)]  # type: ignore[misc]
    if origin in (list, tuple, Sequence):
        member = _plain_type(arguments[0])
        return _NO_TYPE if member is _NO_TYPE else tuple[member, ...]  # type: ignore[valid-type]
    return _NO_TYPE


def steps_of(epochs: int, num_batches: int, steps: int) -> int:
    """Optimiser steps of some passes.

    Args:
        epochs: Passes over the training images.
        num_batches: Batches of a pass.
        steps: Most steps; 0 for no limit.

    >>> steps_of(3, 5, 0), steps_of(3, 5, 4)
    (15, 4)
    """
    return min(epochs * num_batches, steps or epochs * num_batches)
