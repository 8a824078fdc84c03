"""Which records a reading command shows."""

import os
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from harness.config.flag import Flag
from harness.config.validation import one_line
from harness.environment import default_results
from harness.errors import SettingsError, UnknownNameError
from harness.regimes import check_regime


class RecordFilter(BaseModel):
    """The records of a store that are shown; None keeps all. The docstring of a field is the help of its flag."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    datasets: Annotated[tuple[str, ...] | None, Flag()] = None
    """Records of these data sets."""
    categories: Annotated[tuple[str, ...] | None, Flag()] = None
    """Records of these categories: CATEGORY or DATASET/CATEGORY."""
    methods: Annotated[tuple[str, ...] | None, Flag()] = None
    """Records of these methods."""
    seeds: Annotated[tuple[int, ...] | None, Flag()] = None
    """Records of these seeds."""
    protocols: Annotated[tuple[str, ...] | None, Flag(name="--protocol")] = None
    """Records of these protocols; the newest unless given."""
    split: Annotated[str | None, Flag()] = None
    """Records of this split, as 'bench run' was given it or as the records name it; the newest unless given."""
    limit: Annotated[int | None, Flag(metavar="N")] = Field(None, ge=1)
    """Records of 'bench run --limit N', with this N; unless given, only records of all images."""
    corrupt: Annotated[str | None, Flag(metavar="NAME:SEVERITY")] = None
    """Records of 'bench run --corrupt NAME:SEVERITY'; unless given, only records of test images as they are."""
    contaminate: Annotated[float | None, Flag(metavar="SHARE")] = None
    """Records of 'bench run --contaminate SHARE', with this share; unless given, only records without."""
    regime: Annotated[str | None, Flag(metavar="REGIME")] = None
    """Records of this regime: multi-class or few-shot-K; unless given, only records of one-class."""
    all_variants: Annotated[bool, Flag()] = False
    """All versions and settings of each method, not only the newest."""
    data: Annotated[str | None, Flag()] = Field(default_factory=lambda: os.environ.get("BENCH_DATA"))
    """Folder of the data sets, to resample near duplicates together (default: BENCH_DATA)."""
    results: Annotated[str, Flag()] = Field(default_factory=default_results)
    """Folder or s3:// URL of the results (default: BENCH_RESULTS, else results)."""

    @field_validator("regime")
    @classmethod
    def _known_regime(cls, regime: str | None) -> str | None:
        if regime is not None:
            check_regime(regime)
        return regime


def record_filter(fields: Mapping[str, Any]) -> RecordFilter:
    """Check the fields of a filter.

    Raises:
        BenchError: A field is unknown or a value has the wrong type.
    """
    for name in fields:
        if name not in RecordFilter.model_fields:
            raise UnknownNameError.of("filter of records", name, RecordFilter.model_fields)
    try:
        return RecordFilter.model_validate(dict(fields))
    except ValidationError as error:
        raise SettingsError(one_line(error, {"seeds": [0, 1]})) from error
