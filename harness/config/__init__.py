"""Settings of a run, the metric protocol and filters of records, checked before anything starts."""

from harness.config.assignments import parse_assignments, parse_protocol, parse_values
from harness.config.method_settings import as_json, build_settings
from harness.config.protocol import Protocol
from harness.config.record_filter import RecordFilter, record_filter
from harness.config.run_settings import RunSettings, load_run_settings, run_settings
from harness.config.suites import suite_titles
from harness.config.toml_file import read_toml
from harness.config.validation import one_line, place_of, problem_of

__all__ = [
    "Protocol",
    "RecordFilter",
    "RunSettings",
    "as_json",
    "build_settings",
    "load_run_settings",
    "one_line",
    "parse_assignments",
    "parse_protocol",
    "parse_values",
    "place_of",
    "problem_of",
    "read_toml",
    "record_filter",
    "run_settings",
    "suite_titles",
]
