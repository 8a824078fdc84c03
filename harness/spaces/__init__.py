"""Search spaces: what may vary, what it is judged by, and how long; read from TOML and checked."""

from harness.spaces.parameters import Parameter
from harness.spaces.space import SELECTIONS, Goal, SearchSpace, Selection
from harness.spaces.space_file import load_space

__all__ = ["SELECTIONS", "Goal", "Parameter", "SearchSpace", "Selection", "load_space"]
