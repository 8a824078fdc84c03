"""Where a job puts files that are no records."""

from pathlib import Path


def beside_results(results: str, name: str) -> Path:
    """A folder below local results; below the working directory if the results are in an object store."""
    return Path(name) if "://" in results else Path(results) / name
