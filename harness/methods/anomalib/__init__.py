"""anomalib's models as methods: ``anomalib:NAME`` for every one of them, and short names for some.

anomalib is an optional dependency (extra ``baselines``). It takes seconds to import and is imported only when
the settings of a model are read. docs/baselines.md says what is anomalib's and what is ours.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.methods.anomalib.method import AnomalibMethod


def method_of(name: str) -> "type[AnomalibMethod]":
    """The method for one of anomalib's models.

    Args:
        name: As ``anomalib.models.get_model`` takes it, e.g. ``"reverse_distillation"``.

    Raises:
        UnknownNameError: anomalib is installed and has no such image model.
    """
    from harness.methods.anomalib.method import make_method

    return make_method(name)


__all__ = ["method_of"]
