"""The hub that timm's pre-trained weights come from: what its cache holds, and whether the hub answers."""

import logging
import threading
from pathlib import Path
from queue import Empty, Queue

MAX_WAIT_SECONDS = 10
"""How long the hub may take to answer at all; a download that has begun may take any time."""
_FILES = ("model.safetensors", "pytorch_model.bin")


def is_cached(backbone: str) -> bool | None:
    """Whether timm's own weights of a model are on this machine.

    Returns:
        None if the name is not a model with weights on the hub.
    """
    import torch
    from huggingface_hub import try_to_load_from_cache
    from timm.models import get_pretrained_cfg

    config = get_pretrained_cfg(backbone, allow_unregistered=True)
    if config is None or not (config.hf_hub_id or config.url):
        return None
    if config.hf_hub_id:
        names = (*_FILES, config.hf_hub_filename) if config.hf_hub_filename else _FILES
        return any(isinstance(try_to_load_from_cache(config.hf_hub_id, name), str) for name in names)
    return (Path(torch.hub.get_dir()) / "checkpoints" / str(config.url).rpartition("/")[2]).is_file()


def failure_to_reach(max_wait_seconds: float = MAX_WAIT_SECONDS) -> str:
    """Ask the hub for any answer, and return why there is none; empty if it answers.

    The request runs in a thread of its own, because looking up a host has no time limit.

    Args:
        max_wait_seconds: Longest wait for the answer.
    """
    answers: Queue[str] = Queue()

    def ask() -> None:
        from huggingface_hub import constants, get_session

        try:
            get_session().head(constants.ENDPOINT, timeout=max_wait_seconds)
            answers.put("")
        except Exception as error:  # the types differ between versions of the client
            answers.put(" ".join(str(error).split()) or type(error).__name__)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=max_wait_seconds)
    except Empty:
        return f"no answer within {max_wait_seconds:g} s"


def announce_download(backbone: str) -> None:
    """Say that weights are about to be downloaded, if they are, after making sure that the hub answers.

    Raises:
        ConnectionError: The hub does not answer.
    """
    if is_cached(backbone) is not False:
        return
    logging.getLogger(__name__).warning("Downloading weights of %s from the model hub ...", backbone)
    if reason := failure_to_reach():
        raise ConnectionError(f"The model hub cannot be reached: {reason}.")
