"""Training through Lightning, as anomalib's engine does it, on images of ours.

Shapes: B images of a batch, H x W pixels, C colours.
"""

import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from anomalib.data import ImageBatch
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import LambdaCallback
from lightning.pytorch.plugins.environments import LightningEnvironment

from harness.images import ImageSet
from harness.methods.anomalib.model_settings import steps_of
from harness.methods.anomalib.pixels import Pixels
from harness.methods.base import FitReport


class Batches:
    """Normal images in batches, as anomalib's models expect them; each pass has a new order."""

    def __init__(self, images: ImageSet, pixels: Pixels, batch_size: int, seed: int | None) -> None:
        """Args:
        images: Normal images.
        pixels: Converts images to the input of the model.
        batch_size: Images in a batch; the last batch may be smaller.
        seed: Seed of the order; None to keep the order of the images.
        """
        self._images = images
        self._pixels = pixels
        self._batch_size = batch_size
        self._order = None if seed is None else np.random.default_rng(seed)

    def __len__(self) -> int:
        return -(-len(self._images) // self._batch_size)

    def __iter__(self) -> Iterator[ImageBatch]:
        images = self._images
        if self._order is not None:
            images = images.select(self._order.permutation(len(images)))
        for batch_BHWC in images.batches(self._batch_size):
            pixels_BCHW = self._pixels(torch.from_numpy(batch_BHWC))
            count, _, *size = pixels_BCHW.shape
            yield ImageBatch(
                image=pixels_BCHW,
                gt_label=torch.zeros(count, dtype=torch.bool),
                gt_mask=torch.zeros((count, *size), dtype=torch.bool),
            )


class TrainingData(LightningDataModule):  # type: ignore[misc]
    """Training images, and held-out images for models whose recipe has a validation pass."""

    def __init__(self, train: Batches, validation: Batches | None, batch_size: int) -> None:
        """Args:
        train: Images of every epoch.
        validation: Images of one pass after the last epoch; None for models that need none.
        batch_size: Batch size of ``train``; some models read it.
        """
        super().__init__()
        self.train_batch_size = batch_size
        self._train = train
        self._validation = validation

    def train_dataloader(self) -> Batches:
        """The training images."""
        return self._train

    def val_dataloader(self) -> Any:
        """The held-out images, or an empty list."""
        return self._validation if self._validation is not None else []


def train(
    model: LightningModule, data: TrainingData, *, epochs: int, steps: int, device: str, report: FitReport
) -> None:
    """Fit a model of anomalib without leaving files or lines on the terminal.

    Signals keep the handlers that are set when this is called.

    Args:
        model: A model with pre-processor, post-processor, evaluator and visualiser switched off.
        data: Training and held-out images.
        epochs: Passes over the training images.
        steps: Maximum number of optimiser steps; 0 for no limit.
        device: A torch device, e.g. ``"cpu"`` or ``"cuda:0"``.
        report: Called after every batch.
    """
    restore_handlers = _signal_handlers()
    num_batches = len(data.train_dataloader())
    total = steps_of(epochs, num_batches, steps)
    done = 0

    def on_batch_end(trainer: Any, module: Any, outputs: Any, batch: Any, batch_number: int) -> None:
        nonlocal done
        done += 1
        loss = outputs["loss"] if isinstance(outputs, dict) else outputs
        report(min(done, total), total, float(loss) if _is_trained(trainer) and loss is not None else None)

    # The model's own trainer arguments win over anomalib's defaults, as in its engine.
    arguments: dict[str, Any] = {**model.trainer_arguments, "max_epochs": epochs, "max_steps": steps or -1}
    last_epoch = -(-total // num_batches)
    arguments |= {"check_val_every_n_epoch": last_epoch, "val_check_interval": None, "num_sanity_val_steps": 0}
    with tempfile.TemporaryDirectory(prefix="bench-anomalib-") as folder:
        trainer = Trainer(
            **arguments
            | {
                "accelerator": "gpu" if device.startswith("cuda") else "cpu",
                "devices": [torch.device(device).index or 0] if device.startswith("cuda") else 1,
                "default_root_dir": folder,
                # One process, whatever cluster it runs on: the harness has spread the cells already.
                "plugins": [LightningEnvironment()],
                "use_distributed_sampler": False,
                "callbacks": [
                    LambdaCallback(
                        on_train_batch_end=on_batch_end,
                        on_train_start=restore_handlers,
                        on_validation_start=restore_handlers,
                    )
                ],
                "logger": False,
                "enable_checkpointing": False,
                "enable_progress_bar": False,
                "enable_model_summary": False,
            }
        )
        trainer.fit(model, datamodule=data)
        if total % num_batches and data.val_dataloader():
            # Lightning validates at the end of an epoch only, and the steps have ended within one.
            trainer.validate(model, datamodule=data, verbose=False)


def _signal_handlers() -> Callable[..., None]:
    """A callback that undoes what Lightning does to SIGTERM as training starts: it takes note of it and goes on."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)}

    def restore(*_: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            for number, handler in handlers.items():
                if handler is not None:  # a handler that was not set from Python cannot be set again
                    signal.signal(number, handler)

    return restore


def _is_trained(trainer: Trainer) -> bool:
    """Whether the model learns by gradient descent; False for one that only collects features."""
    groups = [group for optimizer in trainer.optimizers for group in optimizer.param_groups]
    return any(value.requires_grad for group in groups for value in group["params"])
