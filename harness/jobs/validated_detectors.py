"""One kept detector for each category of a data set, with thresholds from the validation images alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from harness.bundles.threshold import ThresholdSettings, set_thresholds
from harness.config import Protocol, RunSettings, as_json
from harness.config.validation import one_line
from harness.datasets import Dataset, Split
from harness.datasets.fingerprint import fingerprint
from harness.errors import BundleError, DataError, SettingsError
from harness.jobs.fit import Listener, fit, method_of
from harness.methods import METHODS

if TYPE_CHECKING:
    from harness.bundles import BundleDescription, Thresholds


@dataclass(frozen=True, kw_only=True)
class ValidatedDetector:
    """A detector on disk."""

    bundle: Path
    description: "BundleDescription"
    thresholds: "Thresholds"
    """By the rule that was asked for, which need not be that of the bundle."""


def validated_detectors(
    dataset: Dataset,
    categories: Sequence[str],
    settings: RunSettings,
    models: Path,
    rule: str | None,
    false_alarms: float,
    tell: Listener,
) -> dict[str, ValidatedDetector]:
    """The detector of each category: a kept one that was made as asked for, or one that is fitted now and kept.

    Args:
        dataset: With validation images.
        categories: Some of its categories.
        settings: As for ``fit``.
        models: Where bundles are looked for, at any depth, and kept.
        rule: See ``ThresholdSettings``; None for the data set's own.
        false_alarms: For the rule ``order``.
        tell: Called with the progress of fits.

    Raises:
        BenchError: A setting is wrong, there are no or too few validation images, or other bundles are in the way;
            nothing was fitted.
    """
    name = dataset.info.name
    splits: dict[str, Split] = {}
    limits: dict[str, ThresholdSettings] = {}
    for category in categories:
        split = dataset.split(settings.data, category, settings.seeds[0])
        if not split.validation:
            raise DataError(f"{name}/{category}: expected the published validation images, from which thresholds come.")
        splits[category] = split
        try:
            limits[category] = ThresholdSettings.model_validate(
                {"rule": rule or split.threshold_rule, "false_alarms": false_alarms}
            )
        except ValidationError as error:
            raise SettingsError(one_line(error)) from error
    bundles = _kept(dataset, settings, models, splits)
    if missing := [category for category in categories if category not in bundles]:
        _fit_missing(missing, name, settings, models, rule, false_alarms, tell)
        bundles = _kept(dataset, settings, models, splits)
    return {
        category: ValidatedDetector(
            bundle=bundle,
            description=description,
            thresholds=set_thresholds(description.held_out, limits[category]),
        )
        for category, (bundle, description) in bundles.items()
    }


def _kept(
    dataset: Dataset, settings: RunSettings, models: Path, splits: Mapping[str, Split]
) -> "dict[str, tuple[Path, BundleDescription]]":
    """The first bundle of each category that was made as this submission asks for."""
    from harness.bundles.bundle import DESCRIPTION, read_description
    from harness.methods.backbone_weights import weights_identity

    method, resolved, weights = method_of(settings)
    asked = {
        "method": method,
        "method_version": METHODS.get(method).version,
        "settings": json.loads(json.dumps(as_json(resolved))),
        "seed": settings.seeds[0],
        "weights": weights_identity(resolved, weights),
    }
    framing = _framing(settings.protocol_of(dataset.info.name))
    found: dict[str, tuple[Path, BundleDescription]] = {}
    for file in sorted(models.rglob(DESCRIPTION)):
        description = read_description(file.parent)
        category = description.origin.category
        if (
            category in splits
            and category not in found
            and description.origin.dataset == dataset.info.name
            and description.origin.data_fingerprint == fingerprint(dataset, settings.data, category)
            and _framing(description.protocol) == framing
            and all(getattr(description, name) == value for name, value in asked.items())
            # A run with a limit or another split fits on others.
            and description.origin.num_images == len(splits[category].train)
            and {each.image for each in description.held_out} == {each.id for each in splits[category].validation}
        ):
            found[category] = (file.parent, description)
    return {category: found[category] for category in splits if category in found}


def _framing(protocol: Protocol) -> Protocol:
    """A protocol without what says how maps meet masks, which no detector depends on."""
    return protocol.model_copy(update={"resolution": "frame", "mask_threshold": 0})


def _fit_missing(
    missing: Sequence[str],
    name: str,
    settings: RunSettings,
    models: Path,
    rule: str | None,
    false_alarms: float,
    tell: Listener,
) -> None:
    for category in missing:
        if (place := models / f"{name}-{category}").exists():
            raise BundleError(
                f"{place}: is no bundle of the method, settings, seed, framing, weights and data that are asked for; "
                "give another --models."
            )
    fit(
        settings.model_copy(update={"categories": tuple(missing)}),
        out=models if len(missing) > 1 else models / f"{name}-{missing[0]}",
        false_alarms=false_alarms,
        rule=rule,
        on_event=tell,
    )
