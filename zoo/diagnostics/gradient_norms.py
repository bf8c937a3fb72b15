"""How large the gradient is in every layer, step by step."""

from collections.abc import Sequence
from typing import Any

import lightning as L
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from zoo.diagnostics.charts import Charts
from zoo.diagnostics.kernel import Norms
from zoo.diagnostics.layers import check_grouping, layers, parameter_groups
from zoo.diagnostics.loggers import Points
from zoo.diagnostics.monitor import Monitor
from zoo.diagnostics.norms import joint_norm
from zoo.diagnostics.rows import NONE, History, group_norms, log10
from zoo.diagnostics.signals import SignalRecorder

WEIGHT_CHART = {"log10 ‖∂L/∂W‖, every layer": [r"^log10_grad_norm/"]}
SIGNAL_CHART = {"log10 ‖∂L/∂h‖, every layer": [r"^log10_signal_norm/"]}
CHARTS: Charts = {"Gradients": WEIGHT_CHART}


class GradientNormMonitor(Monitor):
    """Log ‖∂L/∂θ‖₂ of every layer as ``grad_norm/<layer>``, and its log10 as ``log10_grad_norm/<layer>``.

    A layer is a module with parameters of its own. It is measured in ``on_before_optimizer_step``: there the
    gradient is unscaled under mixed precision, complete under accumulation, not yet clipped by the Trainer,
    and there once a step. (LBFGS evaluates the loss several times a step; each makes a record.) What a module
    clips by itself right after backward, as under manual optimization, is clipped already: ClippingMonitor
    has both norms. Of several optimizers, a step counts the layers of its own.

    ``gradient/norm`` is the norm over all layers. ``gradient/nonfinite_layers`` counts the layers in which it
    is infinite or NaN. Such a norm is logged as what it is; of a norm of 0 the logarithm has no point. A step
    without any gradient is left out.

    With ``signals``, ‖∂L/∂h‖₂ at every layer's output is logged too, as ``signal_norm/<layer>`` and
    ``log10_signal_norm/<layer>``. From a layer m back to the layer l before it, the gain is then a product::

        output[l] / output[m]  =  output[l] / input[m]  ×  input[m] / output[m]
                                  (the activation)         (the weights of m)

    Signals are those of the process's own batch, where several processes train together.

    Args:
        every_n_steps: optimizer steps from one record to the next.
        signals: whether to record ‖∂L/∂h‖₂ at the layers' outputs and inputs too.
        group_by: which parameters make a layer, if not those that a module owns: "parameter" for each one, a
            number for so many parts of its name, or a regular expression. See ``layers.parameter_groups``.

    Attributes:
        steps: the optimizer step of every record, the first being 0.
        norms: layer name → its norms, one a record; NaN where the layer had no gradient, which is not a 0.
        output_gradients: the same of ‖∂L/∂(its output)‖₂. What counts is in SignalRecorder.
        input_gradients: the same of ‖∂L/∂(its input)‖₂.

    Raises:
        ValueError: every_n_steps is below 1.
    """

    charts: Charts = CHARTS

    def __init__(self, every_n_steps: int = 1, signals: bool = False, group_by: str | int = "layer") -> None:
        if every_n_steps < 1:
            raise ValueError(f"every_n_steps is {every_n_steps}; it must be at least 1")
        check_grouping(group_by)
        self.every_n_steps = every_n_steps
        self.signals = signals
        self.group_by = group_by
        if signals:
            self.charts = {"Gradients": WEIGHT_CHART | SIGNAL_CHART}
        self._recorder = SignalRecorder()
        super().__init__()

    def reset(self) -> None:
        """Forget what was recorded."""
        super().reset()
        self._norms, self._outputs, self._inputs = History(), History(), History()
        self._gradients: dict[int, Gradients] = {}
        self._groups: dict[str, list[nn.Parameter]] = {}
        self._layers: list[str] = []
        self._recorder.clear()

    @property
    def norms(self) -> dict[str, list[float]]:
        """Layer name → its norms, one a record."""
        self.flush()
        return self._norms.columns

    @property
    def output_gradients(self) -> dict[str, list[float]]:
        """Layer name → ‖∂L/∂(its output)‖₂, one a record."""
        self.flush()
        return self._outputs.columns

    @property
    def input_gradients(self) -> dict[str, list[float]]:
        """Layer name → ‖∂L/∂(its input)‖₂, one a record."""
        self.flush()
        return self._inputs.columns

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Find the layers, now that the module is where it will be trained."""
        self._groups = parameter_groups(pl_module, self.group_by)
        self._layers = [name for name, _ in layers(pl_module)]

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Watch the layers, if a record can fall into this batch."""
        several_steps_a_batch = not pl_module.automatic_optimization
        if self.signals and (self._is_due(trainer) or several_steps_a_batch):
            self._recorder.attach(pl_module)

    def on_before_optimizer_step(
        self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer
    ) -> None:
        """Record and log the norms."""
        if self._is_due(trainer):
            self._record(trainer, optimizer)
        self._recorder.clear()

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Leave the layers alone: validation may be next."""
        self._recorder.detach()

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Leave no hook behind."""
        self._recorder.detach()

    def on_exception(
        self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException
    ) -> None:
        """Leave no hook behind, and log the rest."""
        self._recorder.detach()
        super().on_exception(trainer, pl_module, exception)

    def _is_due(self, trainer: L.Trainer) -> bool:
        return trainer.global_step % self.every_n_steps == 0

    def _record(self, trainer: L.Trainer, optimizer: Optimizer) -> None:
        gradients = self._gradients.get(id(optimizer))
        if gradients is None:
            parameters = [p for group in self._groups.values() for p in group]
            # Of several optimizers, the others' gradients may be left from their own last step.
            held = {p for group in optimizer.param_groups for p in group["params"]}
            counted = [len(trainer.optimizers) == 1 or p in held for p in parameters]
            gradients = self._gradients[id(optimizer)] = Gradients(parameters, counted)
        row = gradients.norms()
        if row is None:
            return
        if self.signals:
            row = torch.cat([row, self._signals(trainer, row)])
        self.record(trainer, row)

    def _signals(self, trainer: L.Trainer, like: Tensor) -> Tensor:
        """The norms at every layer's output, then at its input, in one row."""
        # Under float16, backward has run on a multiple of the loss.
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        scale = 1.0 if scaler is None else scaler.get_scale()
        none = like.new_tensor(NONE)
        found = [
            joint_norm(own).to(like) / scale if (own := norms.get(layer)) else none
            for norms in (self._recorder.outputs, self._recorder.inputs)
            for layer in self._layers
        ]
        return torch.stack(found)

    def digest(self, rows: NDArray[np.float64]) -> Points:
        """Norms of layers from those of parameters, and the points of both kinds of gradient."""
        width = sum(len(group) for group in self._groups.values())
        layers = group_norms(rows[:, :width], [len(group) for group in self._groups.values()])
        outputs, inputs = np.split(rows[:, width:], 2, axis=1) if self.signals else (rows[:, :0], rows[:, :0])
        norms = self._norms.extend(self._groups, layers)
        signals = self._outputs.extend(self._layers, outputs)
        self._inputs.extend(self._layers, inputs)
        points = {
            "gradient/norm": np.ma.array(group_norms(layers, [layers.shape[1]])[:, 0]),
            "gradient/nonfinite_layers": np.ma.array((~np.isfinite(layers)).sum(axis=1).astype(float)),
        }
        for group, columns in (("grad_norm", norms), ("signal_norm", signals)):
            points |= {f"{group}/{layer}": column for layer, column in columns.items()}
            points |= {f"log10_{group}/{layer}": log10(column) for layer, column in columns.items()}
        return points


class Gradients:
    """The norms of parameters' gradients as a row, with NONE where a parameter has no gradient.

    Args:
        parameters: the parameters, in the order of the row.
        counted: which of them count; the others have NONE.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], counted: Sequence[bool]) -> None:
        self._parameters, self._counted = parameters, counted
        self._kernels: dict[tuple[int, ...], Norms] = {}

    def norms(self) -> Tensor | None:
        """The row, as (number of parameters,) on the device; None where no parameter has a gradient."""
        gradients = [
            p.grad if counts and p.requires_grad else None
            for p, counts in zip(self._parameters, self._counted, strict=True)
        ]
        present = tuple(i for i, gradient in enumerate(gradients) if gradient is not None)
        if not present:
            return None
        kernel = self._kernels.get(present)
        if kernel is None:
            kernel = self._kernels[present] = Norms([self._parameters[i] for i in present])
        found = kernel([gradient for gradient in gradients if gradient is not None])
        if len(present) == len(gradients):
            return found
        row = found.new_full((len(gradients),), NONE)
        row[list(present)] = found
        return row
