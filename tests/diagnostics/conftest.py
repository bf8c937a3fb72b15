import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn
from torch.utils.data import DataLoader

# What Lightning says of itself, and of loaders and machines that these tests do not have.
LIGHTNINGS_OWN = [
    r".*does not have many workers",
    r".*isinstance\(treespec, LeafSpec\)",
    r".*GPU available but not used",
    r".*`training_step` returned `None`",
]
SGD = partial(torch.optim.SGD, lr=0.1)


class Task(L.LightningModule):
    """Someone's module: a network, a loss of it on a batch, an optimizer."""

    def __init__(
        self,
        network: nn.Module,
        loss: Callable[[nn.Module, Tensor], Tensor],
        optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer] = SGD,
    ) -> None:
        super().__init__()
        self.network, self.loss, self.optimizer = network, loss, optimizer

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        return self.loss(self.network, batch)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self.optimizer(p for p in self.parameters() if p.requires_grad)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


@pytest.fixture
def task():
    return Task


@pytest.fixture
def fit():
    """Train on rows of data, one a batch, and return the Trainer."""

    def run(
        module: L.LightningModule, *callbacks: L.Callback, data: Any = None, **settings: Any
    ) -> L.Trainer:
        rows = torch.ones(2, 1) if data is None else torch.as_tensor(data)
        defaults = {
            "accelerator": "cpu",
            "max_epochs": 1,
            "logger": False,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "log_every_n_steps": 1,
        }
        with warnings.catch_warnings():
            for message in LIGHTNINGS_OWN:
                warnings.filterwarnings("ignore", message)
            trainer = L.Trainer(callbacks=list(callbacks), **defaults | settings)
            trainer.fit(module, DataLoader(rows))
        return trainer

    return run


@pytest.fixture
def tensorboard(tmp_path: Path) -> TensorBoardLogger:
    return TensorBoardLogger(tmp_path, default_hp_metric=False)


@pytest.fixture
def events(tensorboard: TensorBoardLogger):
    """Read back what was written to the TensorBoard logger."""

    def read() -> EventAccumulator:
        tensorboard.experiment.flush()
        return EventAccumulator(tensorboard.log_dir).Reload()

    return read


@pytest.fixture
def hooks():
    """How many hooks there are on a module, its parts, and its optimizer."""

    def count(module: nn.Module, *optimizers: torch.optim.Optimizer) -> int:
        on_modules = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())
        return on_modules + sum(len(o._optimizer_step_pre_hooks) for o in optimizers)

    return count
