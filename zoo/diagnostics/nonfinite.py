"""Where the first number came from that is infinite or none at all."""

from functools import partial
from typing import Any, NamedTuple

import lightning as L
import numpy as np
import torch
from lightning.pytorch.utilities import rank_zero_warn
from lightning_utilities.core.apply_func import apply_to_collection
from numpy.typing import NDArray
from torch import Tensor, nn

from zoo.diagnostics.charts import Charts
from zoo.diagnostics.loggers import Points
from zoo.diagnostics.monitor import Monitor
from zoo.diagnostics.norms import real_values

CHARTS: Charts = {"Non-finite": {"tensors with NaN or infinity": [r"^nonfinite/tensors$"]}}


class Found(NamedTuple):
    """A tensor with an entry that is not finite."""

    step: int
    where: str  # "batch", "forward" or "gradient"
    name: str  # the module whose output it is, or the parameter whose gradient; "" for the batch
    value: float  # NaN, where the tensor has one; infinity, where it has none

    def __str__(self) -> str:
        """One clause that says all of it."""
        what = {
            "batch": "the batch",
            "forward": f"the output of {self.name}",
            "gradient": f"the gradient of {self.name}",
        }
        return f"{what[self.where]}, at step {self.step}, has {'NaN' if np.isnan(self.value) else 'infinity'}"


class NonFiniteMonitor(Monitor):
    """Say which tensor was the first with NaN or infinity: of the batch, of an output, or of a gradient.

    A step goes through them in this order, and through a module's parts before the module itself. So the
    first is where it came from, unless a function between modules made it: the module around them shows that.

    It is noticed when a block of records is read, warned of once, and kept in ``first``; training goes on.
    ``nonfinite/tensors`` counts such tensors in every batch. Masks of minus infinity that a module returns
    are found like any other. Gradients that a loss scaler has multiplied are left out: it looks for infinity
    among them by itself. What a compiled module computes inside is not seen, its output is.

    Attributes:
        steps: the optimizer step of every batch, the first being 0.
        first: the first such tensor, or None.
    """

    charts: Charts = CHARTS

    def reset(self) -> None:
        """Forget what was recorded."""
        super().reset()
        self._first: Found | None = None
        self._names: list[tuple[str, str]] = []
        self._watching, self._step = False, 0
        self._forget_batch()

    def _forget_batch(self) -> None:
        self._seen: list[tuple[str, str]] = []
        self._pending: list[Tensor] = []
        self._largest: list[Tensor] = []

    @property
    def first(self) -> Found | None:
        """The first tensor with NaN or infinity, or None."""
        self.flush()
        return self._first

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Have every module show what it returns."""
        self.detach()
        for name, module in pl_module.named_modules():
            if name:
                hook = partial(self._after_forward, name)
                self.handles.append(module.register_forward_hook(hook))

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Look at the batch."""
        self._forget_batch()
        self._step, self._watching = trainer.global_step, True
        self._look_at("batch", "", batch)

    def on_before_backward(self, trainer: L.Trainer, pl_module: L.LightningModule, loss: Tensor) -> None:
        """Measure the outputs: kept until after backward, they would take memory that it frees."""
        self._measure()

    def on_after_backward(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Look at the gradients."""
        if getattr(trainer.precision_plugin, "scaler", None) is None:
            for name, parameter in pl_module.named_parameters():
                if parameter.grad is not None:
                    self._look_at("gradient", name, parameter.grad)
            self._measure()

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Record what was seen."""
        self._record_batch(trainer)

    def on_exception(
        self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException
    ) -> None:
        """Log the rest: also what the batch showed that raised it."""
        self._record_batch(trainer)
        super().on_exception(trainer, pl_module, exception)

    def digest(self, rows: NDArray[np.float64]) -> Points:
        """Find the first, and count."""
        wrong = ~np.isfinite(rows)
        if self._first is None and wrong.any():
            record, place = np.argwhere(wrong)[0]
            step = self._steps[len(self._steps) - len(rows) + record]
            where, name = self._names[place]
            self._first = Found(step, where, name, float(rows[record, place]))
            rank_zero_warn(f"The first number that is not finite: {self._first}.")
        return {"nonfinite/tensors": np.ma.array(wrong.sum(axis=1).astype(float))}

    def _after_forward(self, name: str, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        if self._watching:  # not in validation
            self._look_at("forward", name, output)

    def _look_at(self, where: str, name: str, values: Any) -> None:
        def keep(tensor: Tensor) -> None:
            entries = real_values(tensor)
            if entries.is_floating_point() and entries.numel():
                self._seen.append((where, name))
                self._pending.append(entries)

        apply_to_collection(values, Tensor, keep)

    def _measure(self) -> None:
        """The largest magnitude of every tensor since the last call: NaN, or infinity, if an entry is."""
        if self._pending:
            self._largest.extend(torch._foreach_norm(self._pending, torch.inf))
            self._pending = []

    def _record_batch(self, trainer: L.Trainer) -> None:
        self._watching = False
        self._measure()
        if self._largest:
            if self._seen != self._names:  # the rows to come are of other tensors
                self.flush()
                self._names = self._seen
            device = self._largest[0].device
            row = torch.stack([n.to(device, non_blocking=True) for n in self._largest])
            self.record(trainer, row.double(), self._step)
        self._forget_batch()
