"""How far a step moves the weights, in units of their own length."""

from functools import partial
from typing import Any

import lightning as L
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from zoo.diagnostics.charts import Charts
from zoo.diagnostics.kernel import Norms
from zoo.diagnostics.layers import check_grouping, parameter_groups
from zoo.diagnostics.loggers import Points
from zoo.diagnostics.monitor import Monitor
from zoo.diagnostics.rows import NONE, History, group_norms, log10

CHARTS: Charts = {
    "Updates": {
        "log10 ‖ΔW‖/‖W‖, every layer": [r"^log10_update_ratio/"],
        "log10 ‖Δb‖/‖b‖, every layer": [r"^log10_update_ratio_1d/"],
    }
}


class UpdateRatioMonitor(Monitor):
    """Log ‖θ_{t+1} − θ_t‖₂ / ‖θ_t‖₂ of every layer as ``update_ratio/<layer>``, and its log10.

    The update is what an optimizer step has changed in the stored weights, whatever made it: learning rate,
    momentum, clipping, weight decay. Where it is too small for their precision it is 0: the step was lost.
    Many networks train well at about 1e-3; that is a rule of thumb, not a law.

    Weights of two axes and more are taken together. Biases and the scales of normalisation, which have one,
    often begin at 0, where the ratio says nothing: they have tags of their own, ``update_ratio_1d/<layer>``.
    Weights that are exactly 0 have no ratio. A step that a loss scaler skips has no record.

    It keeps a copy of the parameters from before the step.

    Args:
        every_n_steps: optimizer steps from one record to the next.
        group_by: which parameters make a layer; ``zoo.diagnostics.layers.parameter_groups`` has the choices.

    Attributes:
        steps: the optimizer step of every record, the first being 0.
        ratios: layer name → ‖ΔW‖/‖W‖ of its weights, one a record; NaN where there was none.
        ratios_1d: the same of its biases and scales.

    Raises:
        ValueError: every_n_steps is below 1, or group_by is none of its choices.
    """

    charts: Charts = CHARTS

    def __init__(self, every_n_steps: int = 1, group_by: str | int = "layer") -> None:
        if every_n_steps < 1:
            raise ValueError(f"every_n_steps is {every_n_steps}; it must be at least 1")
        check_grouping(group_by)
        self.every_n_steps = every_n_steps
        self.group_by = group_by
        super().__init__()

    def reset(self) -> None:
        """Forget what was recorded."""
        super().reset()
        self._ratios, self._ratios_1d = History(), History()
        self._kinds: list[dict[str, list[nn.Parameter]]] = []
        self._updates: dict[int, Updates] = {}

    @property
    def ratios(self) -> dict[str, list[float]]:
        """Layer name → ‖ΔW‖/‖W‖ of its weights, one a record."""
        self.flush()
        return self._ratios.columns

    @property
    def ratios_1d(self) -> dict[str, list[float]]:
        """Layer name → ‖Δb‖/‖b‖ of its biases and scales, one a record."""
        self.flush()
        return self._ratios_1d.columns

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Find the layers, and have the end of every optimizer's steps announced."""
        groups = parameter_groups(pl_module, self.group_by)
        matrices = {name: [p for p in own if p.ndim > 1] for name, own in groups.items()}
        vectors = {name: [p for p in own if p.ndim <= 1] for name, own in groups.items()}
        self._kinds = [{name: own for name, own in kind.items() if own} for kind in (matrices, vectors)]
        self.detach()
        after = partial(self._after_step, trainer)
        self.handles = [optimizer.register_step_post_hook(after) for optimizer in trainer.optimizers]

    def on_before_optimizer_step(
        self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer
    ) -> None:
        """Keep the parameters as they are."""
        updates = self._updates_of(optimizer)
        updates.step = None  # a loss scaler may have skipped the step for which they were kept
        if trainer.global_step % self.every_n_steps == 0:
            updates.keep(trainer.global_step)

    def detach(self) -> None:
        """Remove the hooks, and let the copies of the parameters go."""
        super().detach()
        self._updates.clear()

    def digest(self, rows: NDArray[np.float64]) -> Points:
        """Ratios of layers from the norms of updates and weights, one each a parameter."""
        updates, weights = np.split(rows, 2, axis=1)
        first = sum(len(own) for own in self._kinds[0].values())
        points: dict[str, np.ma.MaskedArray[Any, Any]] = {}
        for tag, kind, history, columns in (
            ("update_ratio", self._kinds[0], self._ratios, slice(0, first)),
            ("update_ratio_1d", self._kinds[1], self._ratios_1d, slice(first, None)),
        ):
            sizes = [len(own) for own in kind.values()]
            ratios = _ratio(group_norms(updates[:, columns], sizes), group_norms(weights[:, columns], sizes))
            for layer, column in history.extend(kind, ratios).items():
                points |= {f"{tag}/{layer}": column, f"log10_{tag}/{layer}": log10(column)}
        return points

    def _updates_of(self, optimizer: Optimizer) -> "Updates":
        if id(optimizer) not in self._updates:
            held = {p for group in optimizer.param_groups for p in group["params"]}
            parameters = [p for kind in self._kinds for own in kind.values() for p in own]
            self._updates[id(optimizer)] = Updates(parameters, [p in held for p in parameters])
        return self._updates[id(optimizer)]

    def _after_step(self, trainer: L.Trainer, optimizer: Optimizer, *_: Any) -> None:
        updates = self._updates_of(optimizer)
        if updates.step is not None:
            self.record(trainer, updates.norms(), updates.step)


class Updates:
    """The norms of what a step changes, and of what it found, as a row.

    Args:
        parameters: the parameters, in the order of the row.
        counted: which of them count; the others have NONE.

    Attributes:
        step: the step whose parameters are kept, until ``norms()`` has compared them.
    """

    def __init__(self, parameters: list[nn.Parameter], counted: list[bool]) -> None:
        self.step: int | None = None
        self._indices = [i for i, counts in enumerate(counted) if counts]
        self._width = len(parameters)
        self._parameters: list[Tensor] = [parameters[i].detach() for i in self._indices]
        self._before = [torch.empty_like(p) for p in self._parameters]
        self._update_norms, self._weight_norms = Norms(self._before), Norms(self._before)

    def keep(self, step: int) -> None:
        """Copy the parameters as they are."""
        torch._foreach_copy_(self._before, self._parameters)
        self.step = step

    def norms(self) -> Tensor:
        """‖θ − what was kept‖ of every parameter, then ‖what was kept‖, as (2 × number of parameters,)."""
        self.step = None
        weights = self._weight_norms(self._before)
        torch._foreach_sub_(self._before, self._parameters)
        row = weights.new_full((2, self._width), NONE)
        row[0, self._indices] = self._update_norms(self._before)
        row[1, self._indices] = weights
        return row.flatten()


def _ratio(updates: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Update / weight, NONE where there is no weight or it is 0."""
    return np.divide(updates, weights, out=np.full_like(updates, NONE), where=~(weights <= 0))
