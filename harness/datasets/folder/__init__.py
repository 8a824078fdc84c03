"""Data sets of a user's own: a folder with a ``dataset.toml``."""
