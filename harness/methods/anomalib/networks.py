"""Replaces the pre-trained networks inside anomalib's models, and refuses downloads."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import timm
from torch import nn

from harness.errors import WeightsError

Load = Callable[[str, dict[str, Any]], nn.Module]
"""Takes the name of a timm model and the arguments of its creation; returns the network with its weights."""

_permission = threading.local()


@contextmanager
def given_networks(load: Load, options_of: Callable[[str], dict[str, Any]]) -> Iterator[list[nn.Module]]:
    """Let ``load`` build each pre-trained network that anomalib requests from timm, and list these networks.

    Some models have no argument that replaces their weights, so ``timm.create_model`` itself is replaced.
    Untrained networks, such as a student, keep their random initial values.

    Args:
        load: Returns a network with weights.
        options_of: Returns the model options that belong to the weights of a name; an untrained network
            of the same name gets them too.
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


@contextmanager
def downloads() -> Iterator[None]:
    """Allow this thread to download within ``no_downloads``, for timm's own weights."""
    _permission.is_given = True
    try:
        yield
    finally:
        _permission.is_given = False


@contextmanager
def no_downloads(method: str) -> Iterator[None]:
    """Refuse every look-up of a host by this thread, so that nothing is downloaded silently.

    Args:
        method: Named in the error.

    Raises:
        WeightsError: Something asked for a download; the message names the host.
    """
    look_up = socket.getaddrinfo
    thread = threading.get_ident()
    refused: list[str] = []

    def refuse(host: Any, *arguments: Any, **options: Any) -> Any:
        if threading.get_ident() != thread or getattr(_permission, "is_given", False):
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
            f"{method} needs files that anomalib would download from {refused[0]}, which is not allowed during a run; "
            f"put them where anomalib looks for them before the run ({' '.join(str(error).split())})."
        ) from error
    finally:
        socket.getaddrinfo = look_up
