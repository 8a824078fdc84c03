"""Pre-trained networks inside anomalib's models: ours go in, and nothing is downloaded on the way."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import timm
from torch import nn

from harness.errors import WeightsError

Load = Callable[[str, dict[str, Any]], nn.Module]
"""From a timm model's name and the arguments it is created with to the network with its weights."""


@contextmanager
def given_networks(load: Load, options_of: Callable[[str], dict[str, Any]]) -> Iterator[list[nn.Module]]:
    """Build what anomalib asks timm for pre-trained by ``load`` instead, and list it.

    Some models have no argument against their own weights, so this is done where all of them pass.
    A network that is to stay untrained, such as a student, keeps its random start.

    Args:
        load: Gives a network with weights.
        options_of: Model options that belong to the weights of a name, for its untrained twins.
    """
    create = timm.create_model
    given: list[nn.Module] = []

    def create_model(model_name: str, pretrained: bool = False, **arguments: Any) -> nn.Module:
        if arguments.get("pretrained_cfg", False) is None:
            del arguments["pretrained_cfg"]
        if not pretrained:
            untrained: nn.Module = create(model_name, pretrained=False, **{**arguments, **options_of(model_name)})
            return untrained
        timm.create_model = create  # loading asks timm itself
        try:
            given.append(load(model_name, arguments))
        finally:
            timm.create_model = create_model
        return given[-1]

    timm.create_model = create_model
    try:
        yield given
    finally:
        timm.create_model = create


class _Permission(threading.local):
    is_given = False


_permission = _Permission()


@contextmanager
def downloads() -> Iterator[None]:
    """Within ``no_downloads``, let this thread through: timm's own weights come from its cache or the hub."""
    _permission.is_given = True
    try:
        yield
    finally:
        _permission.is_given = False


@contextmanager
def no_downloads(method: str) -> Iterator[None]:
    """Refuse every look-up of a host by this thread: what is not here already is a mistake to report.

    Args:
        method: Named in the error.

    Raises:
        WeightsError: Something was to be downloaded; the text names the host.
    """
    look_up = socket.getaddrinfo
    thread = threading.get_ident()
    refused: list[str] = []

    def refuse(host: Any, *arguments: Any, **options: Any) -> Any:
        if threading.get_ident() != thread or _permission.is_given:
            return look_up(host, *arguments, **options)
        refused.append(host.decode() if isinstance(host, bytes) else str(host))
        raise OSError(f"No download from {host} here.")

    socket.getaddrinfo = refuse
    try:
        yield
    except Exception as error:
        if not refused:
            raise
        raise WeightsError(
            f"{method} needs files that anomalib would download from {refused[0]}, which is not done here; right "
            f"would be to put them where anomalib looks for them before the run ({' '.join(str(error).split())})."
        ) from error
    finally:
        socket.getaddrinfo = look_up
