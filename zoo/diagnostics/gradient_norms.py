"""How large the gradient is in every layer, step by step."""

import math
from collections.abc import Mapping
from typing import Any

import lightning as L
from torch.optim import Optimizer

from zoo.diagnostics.charts import Charts, Monitor, write_points
from zoo.diagnostics.norms import gradient_norms, to_numbers, total_norm
from zoo.diagnostics.signals import SignalRecorder

WEIGHT_CHART = {"log10 ‖∂L/∂W‖, every layer": [r"^log10_grad_norm/"]}
SIGNAL_CHART = {"log10 ‖∂L/∂h‖, every layer": [r"^log10_signal_norm/"]}
CHARTS: Charts = {"Gradients": WEIGHT_CHART}


class GradientNormMonitor(Monitor):
    """Log ‖∂L/∂θ‖₂ of every layer as ``grad_norm/<layer>``, and its log10 as ``log10_grad_norm/<layer>``.

    A layer is a module with parameters of its own. It is measured in ``on_before_optimizer_step``: there the
    gradient is unscaled under mixed precision, complete under accumulation, not yet clipped, and there once a
    step. (LBFGS evaluates the loss several times a step; each makes a
    record.) Of several optimizers, a step counts the layers of its own.

    ``gradient/norm`` is the norm over all layers. ``gradient/nonfinite_layers`` counts the layers in which it
    is infinite or NaN: such a norm is kept in ``norms`` and has no point in the curves. Of a norm of 0 only
    the logarithm has none. A step without any gradient is left out.

    With ``signals``, ‖∂L/∂h‖₂ at every layer's output is logged too, as ``signal_norm/<layer>`` and
    ``log10_signal_norm/<layer>``. From a layer m back to the layer l before it, the gain is then a product::

        output[l] / output[m]  =  output[l] / input[m]  ×  input[m] / output[m]
                                  (the activation)         (the weights of m)

    Signals are those of the process's own batch, where several processes train together.

    Args:
        every_n_steps: optimizer steps from one record to the next.
        signals: whether to record ‖∂L/∂h‖₂ at the layers' outputs and inputs too.

    Attributes:
        steps: the optimizer step of every record, the first being 0.
        norms: layer name → its norms, one a record; NaN where the layer had no gradient, which is not a 0.
        output_gradients: the same of ‖∂L/∂(its output)‖₂. What counts is in SignalRecorder.
        input_gradients: the same of ‖∂L/∂(its input)‖₂.

    Raises:
        ValueError: every_n_steps is below 1.
    """

    charts: Charts = CHARTS

    def __init__(self, every_n_steps: int = 1, signals: bool = False) -> None:
        if every_n_steps < 1:
            raise ValueError(f"every_n_steps is {every_n_steps}; it must be at least 1")
        self.every_n_steps = every_n_steps
        self.signals = signals
        if signals:
            self.charts = {"Gradients": WEIGHT_CHART | SIGNAL_CHART}
        self._recorder = SignalRecorder()
        self._reset()

    def _reset(self) -> None:
        self.steps: list[int] = []
        self.norms: dict[str, list[float]] = {}
        self.output_gradients: dict[str, list[float]] = {}
        self.input_gradients: dict[str, list[float]] = {}
        self._recorder.clear()

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Forget an earlier fit."""
        self._reset()
        super().on_fit_start(trainer, pl_module)

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
            self._record(trainer, pl_module, optimizer)
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
        """Leave no hook behind."""
        self._recorder.detach()

    def _is_due(self, trainer: L.Trainer) -> bool:
        return trainer.global_step % self.every_n_steps == 0

    def _record(self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer) -> None:
        # Of several optimizers, the others' gradients may be left from their own last step.
        several = len(trainer.optimizers) > 1
        among = {p for group in optimizer.param_groups for p in group["params"]} if several else None
        recorder = self._recorder
        norms, outputs, inputs = to_numbers(
            gradient_norms(pl_module, among), recorder.outputs, recorder.inputs
        )
        if not norms:
            return
        outputs, inputs = _unscaled(outputs, trainer), _unscaled(inputs, trainer)
        self.steps.append(trainer.global_step)
        for history, record in (
            (self.norms, norms),
            (self.output_gradients, outputs),
            (self.input_gradients, inputs),
        ):
            _append(history, record, len(self.steps))
        write_points(trainer, _points(norms, outputs), trainer.global_step)


def _unscaled(signals: Mapping[str, float], trainer: L.Trainer) -> dict[str, float]:
    """Signals as the loss itself makes them: under float16, backward has run on a multiple of it."""
    scaler = getattr(trainer.precision_plugin, "scaler", None)
    scale = 1.0 if scaler is None else scaler.get_scale()
    return {layer: norm / scale for layer, norm in signals.items()}


def _append(history: dict[str, list[float]], record: Mapping[str, float], records: int) -> None:
    """Add a record, so that every layer has as many entries as there are records."""
    for layer in dict.fromkeys([*history, *record]):
        norms = history.setdefault(layer, [math.nan] * (records - 1))
        norms.append(record.get(layer, math.nan))


def _points(norms: Mapping[str, float], signals: Mapping[str, float]) -> dict[str, float]:
    """Tag → value of one record."""
    nonfinite = sum(not math.isfinite(norm) for norm in norms.values())
    points = {"gradient/norm": total_norm(norms), "gradient/nonfinite_layers": float(nonfinite)}
    for group, record in (("grad_norm", norms), ("signal_norm", signals)):
        points |= {f"{group}/{layer}": norm for layer, norm in record.items()}
        points |= {f"log10_{group}/{layer}": math.log10(norm) for layer, norm in record.items() if norm > 0}
    return points
