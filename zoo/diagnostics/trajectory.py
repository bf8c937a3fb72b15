"""Every point that training visits in the space of parameters."""

import lightning as L
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor, nn
from torch.optim import Optimizer

from zoo.diagnostics.norms import real_values


class ParameterTrajectory(L.Callback):
    """Record all trainable parameters as one vector θ_t at every step, and the gradient ∂L/∂θ_t.

    Both are taken in ``on_before_optimizer_step``, before clipping and before θ changes; one last point
    follows when training ends. (LBFGS evaluates the loss several times a step; each makes a point.) It is for
    small problems: T steps keep 16 T P bytes. Nothing is logged.

    Args:
        max_parameters: the largest P, the number of trainable parameters, that it accepts.

    Attributes:
        names: the parameters' names, in the order in which they are laid out in the vector.

    Raises:
        ValueError: max_parameters is below 1.
        MisconfigurationException: when the fit starts, P is above it.
    """

    def __init__(self, max_parameters: int = 100_000) -> None:
        if max_parameters < 1:
            raise ValueError(f"max_parameters is {max_parameters}; it must be at least 1")
        self.max_parameters = max_parameters
        self.names: list[str] = []
        self._parameters: list[nn.Parameter] = []
        self._points: list[Tensor] = []
        self._gradients: list[Tensor] = []

    @property
    def points(self) -> Tensor:
        """θ_0 … θ_T as (T + 1, P), float64: before every one of T steps, and after the last."""
        return _rows(self._points)

    @property
    def gradients(self) -> Tensor:
        """∂L/∂θ at θ_0 … θ_{T−1} as (T, P), float64; 0 where a parameter had none."""
        return _rows(self._gradients)

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Forget an earlier fit, and fix the order of the parameters."""
        trainable = {name: p for name, p in pl_module.named_parameters() if p.requires_grad}
        size = sum(p.numel() for p in trainable.values())
        if size > self.max_parameters:
            raise MisconfigurationException(
                f"the module has {size} trainable parameters; every step of them is kept, so they must be at "
                f"most max_parameters, {self.max_parameters}"
            )
        self.names = list(trainable)
        self._parameters = list(trainable.values())
        self._points, self._gradients = [], []

    def on_before_optimizer_step(
        self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer
    ) -> None:
        """Record the point, and the gradient there."""
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self._parameters]
        self._points.append(_vector(self._parameters))
        self._gradients.append(_vector(gradients))

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Record where the last step has led."""
        self._points.append(_vector(self._parameters))


def _vector(tensors: list[nn.Parameter] | list[Tensor]) -> Tensor:
    """The tensors laid out in one row, in float64 on the CPU."""
    return torch.cat([real_values(t.to_dense()).flatten().cpu().double() for t in tensors])


def _rows(vectors: list[Tensor]) -> Tensor:
    return torch.stack(vectors) if vectors else torch.empty(0, 0, dtype=torch.float64)
