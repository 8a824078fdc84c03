"""The methods that are asked for: their settings resolved, their regime, and the weights of their backbones."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from harness.config import RunSettings, build_settings
from harness.errors import SettingsError
from harness.jobs.planned import Planned
from harness.methods import METHODS
from harness.regimes import FEW_SHOT, MULTI_CLASS, ONE_CLASS, kind_of, shots_of


def method_settings(method: str, overrides: Mapping[str, Any], backbone: str | None) -> Any:
    """The resolved settings of a method.

    Args:
        method: Its name.
        overrides: Where they differ from the defaults.
        backbone: Of every method that has one; None for the one of its settings.

    Raises:
        BenchError: A setting is unknown or out of range, or there are two backbones.
    """
    settings_type = METHODS.get(method).Settings
    overrides = dict(overrides)
    has_backbone = any(field.name == "backbone" for field in fields(settings_type))
    if backbone is not None and has_backbone and overrides.setdefault("backbone", backbone) != backbone:
        raise SettingsError(
            f"Expected one backbone for {method!r}, got {backbone!r} for all methods and {overrides['backbone']!r} "
            "in its own settings."
        )
    return build_settings(method, settings_type, overrides)


def check_methods_regime(regime: str, methods: Sequence[str]) -> None:
    """Refuse a regime that a method is not made for. A method that declares none is made for one class.

    Raises:
        SettingsError: One line naming the method and what would do.
    """
    for method in dict.fromkeys(methods):
        kind = METHODS.get(method)
        made_for = getattr(kind, "regimes", frozenset({ONE_CLASS}))
        shots, least = shots_of(regime), getattr(kind, "min_shots", 1)
        reason = ""
        if kind_of(regime) not in made_for:
            reason = f"is made for {', '.join(sorted(made_for))}"
        elif regime == MULTI_CLASS and not kind.can_be_kept:
            reason = "cannot be kept, so that the categories cannot share one fit"
        elif shots is not None and shots < least:
            reason = f"needs at least {least} images; ask for {FEW_SHOT}-{least} or more"
        if reason:
            raise SettingsError(
                f"--regime {regime}: {method} {reason}. Run it without this method, or in a regime of it."
            )


def weights_files(settings: RunSettings, resolved: Sequence[Any]) -> dict[str, Path]:
    """Backbone to its local file, absolute, for the backbones that some settings use.

    Raises:
        SettingsError: A file is for a backbone that none of them uses.
    """
    from mfrnet import FILTER_BANK

    used = {each.backbone for each in resolved if hasattr(each, "backbone")} - {FILTER_BANK}
    if settings.weights and not used:
        path = next(iter(settings.weights.values()))
        raise SettingsError(
            f"--weights {path}: no method of this run has a backbone with weights, so leave the flag out."
        )
    weights: dict[str, Path] = {}
    for name, path in settings.weights.items():
        for backbone in [name] if name else sorted(used):
            if backbone not in used:
                raise SettingsError(
                    f"--weights {name}={path}: no method of this run uses backbone {name!r}; expected one of "
                    f"{', '.join(sorted(used))}."
                )
            weights[backbone] = path.expanduser().absolute()
    return weights


def weights_notes(planned: Planned) -> list[str]:
    """One line for each backbone whose weights a run of this plan will download."""
    from harness.methods.backbone_weights import must_be_downloaded

    missing = {
        resolved.backbone
        for resolved in planned.settings_of.values()
        if must_be_downloaded(resolved, planned.weights.get(getattr(resolved, "backbone", "")))
    }
    return [f"Weights of {name} are not on this machine; the run will download them." for name in sorted(missing)]
