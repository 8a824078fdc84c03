"""Results that others published, with their sources. They are never mixed with measured ones."""

from harness.reported.published import PUBLISHED_FILE, PublishedResult, load_published

__all__ = ["PUBLISHED_FILE", "PublishedResult", "load_published"]
