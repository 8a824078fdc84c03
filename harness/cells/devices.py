"""The device that a cell runs on."""

import torch

from harness.errors import SettingsError


def resolve_device(asked: str) -> str:
    """The device that ``asked`` means here: for ``auto``, the GPU if there is one, else the CPU."""
    return asked if asked != "auto" else ("cuda" if torch.cuda.is_available() else "cpu")


def device_name(device: str) -> str:
    """``cpu``, or the model of the GPU, without which a time means nothing."""
    on_gpu = device.startswith("cuda") and torch.cuda.is_available()
    return torch.cuda.get_device_name(device) if on_gpu else device


def check_device(asked: str) -> None:
    """Refuse a device that this machine does not have.

    Raises:
        SettingsError: ``asked`` is no device, or a GPU on a machine without one.
    """
    expected = "auto, cpu" + (", cuda or cuda:N" if torch.cuda.is_available() else "; torch finds no GPU here")
    if asked != "auto":
        try:
            torch.empty(0, device=asked)
        except (RuntimeError, AssertionError) as error:
            raise SettingsError(f"--device {asked!r} cannot be used; expected {expected}.") from error
