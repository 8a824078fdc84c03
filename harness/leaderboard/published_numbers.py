"""``published.toml``: numbers copied from papers and READMEs, checked entry by entry."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from harness.config.toml_file import read_toml
from harness.config.validation import place_of, problem_of
from harness.errors import DataError

PUBLISHED_FILE = Path(__file__).with_name("published.toml")

_Text = Annotated[str, Field(min_length=1, pattern=r"^\S(.*\S)?$")]
_Percent = Annotated[float, Field(ge=0, le=100)]


class _Percentages(BaseModel):
    """As printed, so that they can be compared with the source by eye."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    image_auroc: _Percent | None = None
    pixel_auroc: _Percent | None = None
    aupro_30: _Percent | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> "_Percentages":
        if not self.model_fields_set:
            raise ValueError("expected at least one number, e.g. image_auroc = 99.2")
        return self


class PublishedResult(BaseModel):
    """What one source says about one method on one data set."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    method: _Text
    """With its backbone or size where the source names one."""
    dataset: _Text
    """A name of ours, e.g. ``mvtec_ad``."""
    percent: _Percentages
    source: _Text
    """Paper or README, with an address or an arXiv number where it is known."""
    protocol: _Text | None = None
    """What is known of how the numbers were made, e.g. ``one model for all classes``."""
    read: Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?(/\d{4}-\d{2}(-\d{2})?)?$")]
    """When the source was read: a day, a month, or a span of them, ISO 8601."""

    @property
    def metrics(self) -> Mapping[str, float]:
        """Metric to its value, a fraction in [0, 1]; only those that the source gives."""
        # Rounded, so that 68.6 is 0.686 and not 0.6859999999999999.
        return {name: round(value / 100, 9) for name, value in self.percent.model_dump(exclude_none=True).items()}

    def cited(self) -> str:
        """Source and protocol in one phrase."""
        return f"{self.source} ({self.protocol})" if self.protocol else self.source


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    result: Annotated[list[PublishedResult], Field(min_length=1)]


def load_published(path: Path = PUBLISHED_FILE) -> tuple[PublishedResult, ...]:
    """Read published results, in the order of the file.

    Args:
        path: A TOML file of tables ``[[result]]``; the one that is shipped when not given.

    Raises:
        DataError: The file cannot be read, is not TOML, has an unknown key, a missing one or a value of the
            wrong type or range, or cites a method twice on one data set; names file, table and key.
    """
    content = read_toml(path, error=DataError)
    try:
        results = _File.model_validate(content).result
    except ValidationError as error:
        raise DataError(f"{path}, {_first_problem(error)}") from error
    places: dict[tuple[str, str], int] = {}
    for number, result in enumerate(results, start=1):
        first = places.setdefault((result.method, result.dataset), number)
        if first != number:
            raise DataError(
                f"{path}, [[result]] number {number}, method: {result.method!r} on {result.dataset!r} is already "
                f"number {first}. Expected one entry for each method and data set."
            )
    return tuple(results)


def _first_problem(error: ValidationError) -> str:
    table, *rest = place_of(error)
    where = f"[[{table}]] number {int(rest.pop(0)) + 1}" if rest else "top level"
    key = ".".join(map(str, rest)) or table
    return f"{where}, {key}: {problem_of(error)}."
