"""What gradient clipping does to every step."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.utilities import GradClipAlgorithmType, rank_zero_info
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from zoo.diagnostics.charts import Charts
from zoo.diagnostics.loggers import Points
from zoo.diagnostics.monitor import Monitor
from zoo.diagnostics.norms import joint_norm, norm, real_values

CHARTS: Charts = {
    "Clipping": {
        "norm before and after": [r"^clipping/norm_(before|after)$"],
        "coefficient": [r"^clipping/coefficient$"],
    }
}
# Two float64 norms of one gradient differ by less: the order of summation may follow the memory's layout.
ROUNDING = 1e-12


class ClippingMonitor(Monitor):
    """Log how long the gradient is before and after clipping, and by what angle clipping turns it.

    Before is when backward has ended, after is when the optimizer is about to use the gradient. So it sees
    whatever is done in between: the Trainer's clipping by norm or by value, an overridden
    ``configure_gradient_clipping``, ``self.clip_gradients`` and torch's own functions, under automatic and
    manual optimization; there, ``self.manual_backward`` has to be used. All that the stepping optimizer
    holds is read as one vector. The gradient is looked at before the optimizer does anything: afterwards
    would be too late, for SGD with Nesterov momentum may write into it.

    Its tags are ``clipping/norm_before``, ``clipping/norm_after``, ``clipping/coefficient`` (after / before),
    ``clipping/angle_degrees`` and ``clipping/share_clipped`` (of the steps so far). Steps that a loss scaler
    skips are left out; norms are those of the loss itself, not of its multiple. When training ends, it says
    so if clipping never shortened the gradient, or always did.

    It keeps a copy of the gradient from backward until the step.

    Attributes:
        steps: the optimizer step of every record, the first being 0.
        before: ‖g‖₂ before clipping, one a step.
        after: ‖g‖₂ after it.
        coefficients: after / before; 1 where the gradient is 0.
        angles: between the two, in degrees; 0 where the gradient is 0.
    """

    charts: Charts = CHARTS

    def reset(self) -> None:
        """Forget what was recorded."""
        super().reset()
        self._before: list[float] = []
        self._after: list[float] = []
        self._coefficients: list[float] = []
        self._angles: list[float] = []
        self._unclipped: dict[nn.Parameter, Tensor] = {}
        self._scale, self._by_norm = 1.0, True
        self._threshold: float | None = None

    @property
    def before(self) -> list[float]:
        """‖g‖₂ before clipping, one a step."""
        self.flush()
        return self._before

    @property
    def after(self) -> list[float]:
        """‖g‖₂ after clipping, one a step."""
        self.flush()
        return self._after

    @property
    def coefficients(self) -> list[float]:
        """After / before, one a step; 1 where the gradient is 0."""
        self.flush()
        return self._coefficients

    @property
    def angles(self) -> list[float]:
        """Between the gradient before and after, in degrees, one a step; 0 where the gradient is 0."""
        self.flush()
        return self._angles

    @property
    def clipped(self) -> list[bool]:
        """Whether clipping shortened the gradient, one a step; False where it is NaN."""
        return [coefficient < 1 - ROUNDING for coefficient in self.coefficients]

    @property
    def share_clipped(self) -> float:
        """The share of the steps that were clipped, 0 to 1."""
        return sum(self.clipped) / max(1, len(self.steps))

    @property
    def report(self) -> str:
        """What clipping did, in a sentence or two."""
        steps = len(self.steps)
        if not steps:
            return "No step was recorded: under manual optimization, call self.manual_backward."
        if self.share_clipped == 0:
            return f"Clipping never shortened the gradient in {steps} steps. {self._why_never()}"
        if self.share_clipped == 1:
            kept = float(np.median(self.coefficients))
            return (
                f"Clipping shortened the gradient in each of {steps} steps, to {kept:.3g} of its length in "
                "the median. Then it is not a safeguard: every step is as long as the threshold says."
            )
        return f"Clipping shortened the gradient in {self.share_clipped:.1%} of {steps} steps."

    def _why_never(self) -> str:
        longest, threshold = float(np.nanmax([*self.before, 0.0])), self._threshold
        if threshold is None:
            return (
                f"Its norm was at most {longest:.3g}, and the Trainer has no gradient_clip_val. A call of "
                "torch.nn.utils.clip_grad_norm_ before backward, or after the step, has no effect."
            )
        if self._by_norm and longest > threshold:
            return (
                f"Its norm was up to {longest:.3g}, and gradient_clip_val is {threshold:.3g}: it had no "
                "effect, as an overridden configure_gradient_clipping may not use it."
            )
        return (
            f"Its norm was at most {longest:.3g}, gradient_clip_val is {threshold:.3g}: it may be too large."
        )

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Have every step of the optimizers announced."""
        self.detach()
        self._threshold = trainer.gradient_clip_val
        self._by_norm = trainer.gradient_clip_algorithm != GradClipAlgorithmType.VALUE
        hook = partial(self._compare_before_step, trainer)
        self.handles = [optimizer.register_step_pre_hook(hook) for optimizer in trainer.optimizers]

    def on_after_backward(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Keep the gradient as it is before clipping."""
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        self._scale = 1.0 if scaler is None else scaler.get_scale()
        self._unclipped = {
            p: real_values(p.grad).clone() for p in pl_module.parameters() if p.grad is not None
        }

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Log the rest, and say what is not as clipping should be."""
        super().on_train_end(trainer, pl_module)
        if self.share_clipped in (0, 1):
            rank_zero_info(f"ClippingMonitor: {self.report}")

    def detach(self) -> None:
        """Remove the hooks, and let the copy of the gradient go."""
        super().detach()
        self._unclipped.clear()

    def _compare_before_step(
        self, trainer: L.Trainer, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        closure: Callable[[], Any] | None = kwargs.get("closure")
        if closure is None:  # a loss scaler has run it already
            self._compare(trainer, optimizer)
            return None

        def closure_then_compare() -> Any:
            loss = closure()
            self._compare(trainer, optimizer)
            return loss

        return args, kwargs | {"closure": closure_then_compare}

    def _compare(self, trainer: L.Trainer, optimizer: Optimizer) -> None:
        held = [p for group in optimizer.param_groups for p in group["params"]]
        kept = [(self._unclipped.pop(p), p.grad) for p in held if p in self._unclipped and p.grad is not None]
        if kept:
            row = compare([before for before, _ in kept], [real_values(after) for _, after in kept])
            row[0] /= self._scale
            self.record(trainer, row)

    def digest(self, rows: NDArray[np.float64]) -> Points:
        """The lengths and the angle, what follows from them, and the share of clipped steps so far."""
        before, after, angle = rows.T
        with np.errstate(divide="ignore", invalid="ignore"):
            coefficient = np.where(before == 0, 1.0, after / before)
        angle = np.where((before == 0) & (after == 0), 0.0, angle)
        earlier = sum(c < 1 - ROUNDING for c in self._coefficients)
        clipped = earlier + np.cumsum(coefficient < 1 - ROUNDING)
        share = clipped / (len(self._coefficients) + 1 + np.arange(len(rows)))
        for known, column in (
            (self._before, before),
            (self._after, after),
            (self._coefficients, coefficient),
            (self._angles, angle),
        ):
            known += column.tolist()
        return {
            "clipping/norm_before": np.ma.array(before),
            "clipping/norm_after": np.ma.array(after),
            "clipping/coefficient": np.ma.array(coefficient),
            "clipping/angle_degrees": np.ma.array(angle),
            "clipping/share_clipped": np.ma.array(share),
        }


def compare(u: Sequence[Tensor], v: Sequence[Tensor]) -> Tensor:
    """‖u‖, ‖v‖ and ∠(u, v) = 2 arcsin(½ ‖u/‖u‖ − v/‖v‖‖) in degrees, of tensors read as one vector.

    The arccosine of u·v / ‖u‖‖v‖ would lose half the digits at small angles, where the cosine is
    1 − angle²/2: in float64, whatever is below 1e-6 degrees would be noise. This formula keeps them, up to a
    right angle. The angle with a vector of length 0 is NaN.
    """
    norms = [joint_norm([norm(t) for t in tensors]) for tensors in (u, v)]
    # A tensor divided by a zero-dimensional one keeps its own type, which may be narrower than the norm's.
    u_unit, v_unit = ([t.to(n) / n for t in tensors] for tensors, n in zip((u, v), norms, strict=True))
    distance = joint_norm([torch.linalg.vector_norm(a - b) for a, b in zip(u_unit, v_unit, strict=True)])
    angle = torch.rad2deg(2 * torch.arcsin((distance / 2).clamp(max=1)))
    return torch.stack([*norms, angle])
