"""Settings of a run and the metric protocol: what a user may choose, checked before anything starts."""

from harness.config.assignments import parse_assignments, parse_protocol, parse_values
from harness.config.method_settings import as_json, build_settings
from harness.config.protocol import Protocol
from harness.config.run_settings import RunSettings, load_run_settings

__all__ = [
    "Protocol",
    "RunSettings",
    "as_json",
    "build_settings",
    "load_run_settings",
    "parse_assignments",
    "parse_protocol",
    "parse_values",
]
