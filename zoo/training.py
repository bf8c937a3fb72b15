"""The LightningModules that experiments share: each is a task, around any network."""

from typing import Any

import lightning as L
import torch
from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor, nn
from torch.optim import Optimizer

from zoo.calculus.losses import cross_entropy, mse
from zoo.errors import InputError

Batch = tuple[Tensor, Tensor]


class Regressor(L.LightningModule):
    """Least squares: the mean squared error between network(x) and y.

    Args:
        network: maps (N, I) to (N, O).
        optimizer: what makes a step of the gradient; any torch optimizer.
    """

    def __init__(self, network: nn.Module, optimizer: OptimizerCallable) -> None:
        super().__init__()
        self.network = network
        self.optimizer = optimizer

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """L = (1/NO) Σ (network(x) − y)²."""
        x, y = batch
        loss = mse(self.network(x), y)
        self.log("loss/train", loss)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimizer of the config, over all parameters."""
        return self.optimizer(self.parameters())


class Classifier(L.LightningModule):
    """Classification: the cross-entropy of network(x) as logits, in nats.

    Args:
        network: maps (N, I) to (N, C) logits.
        optimizer: what makes a step of the gradient; any torch optimizer.

    Attributes:
        losses: the training loss of every step, in nats.
        accuracy: the share of the validation samples that was classified right, after the last validation.
    """

    def __init__(self, network: nn.Module, optimizer: OptimizerCallable) -> None:
        super().__init__()
        self.network = network
        self.optimizer = optimizer
        self.losses: list[Tensor] = []
        self.accuracy = float("nan")

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """L = −(1/N) Σ log softmax(network(x))_y."""
        x, y = batch
        loss = cross_entropy(self.network(x), y)
        self.losses.append(loss.detach())
        self.log("loss/train", loss)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Count the samples whose largest logit is the right one's."""
        x, y = batch
        right = (self.network(x).argmax(dim=1) == y).double().mean()
        self.log("accuracy/validation", right, batch_size=len(y))

    def on_validation_epoch_end(self) -> None:
        """Keep the epoch's accuracy as a number to compute with."""
        self.accuracy = float(self.trainer.callback_metrics["accuracy/validation"])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimizer of the config, over all parameters."""
        return self.optimizer(self.parameters())


class Minimizer(L.LightningModule):
    """Find the lowest point of a surface: the parameter is the point, the loss is the height.

    Args:
        surface: a module with a parameter ``point`` of shape (K, D), K points that move independently; its
            forward() is the sum of their heights, its escaped(radius) says whether one is that far out:
            `zoo.models` has them.
        optimizer: what makes a step of the gradient; any torch optimizer.
        noise_std: standard deviation of the noise that is added to every entry of the gradient, as
            mini-batches add it to a network's. 0 for none.
        stop_radius: stop as soon as a point has escaped this far: from 0 along any coordinate, on a Quadratic
            along one of negative curvature. Never, if it is left out.
    """

    def __init__(
        self,
        surface: nn.Module,
        optimizer: OptimizerCallable,
        noise_std: float = 0.0,
        stop_radius: float | None = None,
    ) -> None:
        super().__init__()
        if noise_std < 0:
            raise InputError(f"noise_std is {noise_std}; a standard deviation is 0 or more")
        if stop_radius is not None and stop_radius <= 0:
            raise InputError(f"stop_radius is {stop_radius}; it must be above 0, or null for never")
        self.surface: Any = surface
        self.optimizer = optimizer
        self.noise_std = noise_std
        self.stop_radius = stop_radius

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """f(point) + ξ·point, whose gradient is ∇f(point) + ξ with ξ ~ N(0, noise_std²)."""
        point = self.surface.point
        height: Tensor = self.surface()
        self.log("loss/height", height.detach())
        noise = self.noise_std * torch.randn_like(point)
        loss: Tensor = height + (noise * point).sum()
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Stop once a point has escaped: there a surface may have no bottom."""
        if self.stop_radius is not None and self.surface.escaped(self.stop_radius):
            self.trainer.should_stop = True

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimizer of the config, over the point."""
        return self.optimizer(self.parameters())


class MeanEstimator(L.LightningModule):
    """Learn the mean of every column: L = ½ λ Σ_d (1/B) Σ_n (w_d − a_nd)².

    It is least where w_d is the mean of a_nd. Row n has the gradient λ(w_d − a_nd); the weights do not know
    of each other. The mean and the standard deviation of the weights are logged every step, as
    ``weights/mean`` and ``weights/std``.

    Args:
        columns: D.
        optimizer: what makes a step of the gradient; any torch optimizer.
        curvature: λ.
        start: where every weight starts.

    Attributes:
        weight: the parameter, (D,) float64.
        means, variances: of the weights, over columns, before every step and after the last one.
        first: the first column's weight at the same times.

    Raises:
        InputError: no column, or a curvature that is not positive.
    """

    def __init__(
        self, columns: int, optimizer: OptimizerCallable, curvature: float = 1.0, start: float = 0.0
    ) -> None:
        super().__init__()
        if columns < 1:
            raise InputError(f"columns is {columns}; it must be at least 1")
        if curvature <= 0:
            raise InputError(f"curvature is {curvature}; it must be positive")
        self.optimizer = optimizer
        self.curvature = curvature
        self.start = start
        self.weight = nn.Parameter(torch.full((columns,), start, dtype=torch.float64))
        self.means: list[float] = []
        self.variances: list[float] = []
        self.first: list[float] = []

    def training_step(self, batch: tuple[Tensor, ...], batch_idx: int) -> Tensor:
        """L, of one batch of rows (B, D)."""
        (rows,) = batch
        loss: Tensor = self.curvature / 2 * ((self.weight - rows) ** 2).mean(dim=0).sum()
        return loss

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Record where the weights are, and log their mean and standard deviation."""
        self._record()
        self.log_dict({"weights/mean": self.means[-1], "weights/std": self.variances[-1] ** 0.5})

    def on_train_end(self) -> None:
        """Record where the last step has led."""
        self._record()

    def _record(self) -> None:
        weight = self.weight.detach()
        self.means.append(float(weight.mean()))
        self.variances.append(float(weight.var(correction=0)))
        self.first.append(float(weight[0]))

    def configure_optimizers(self) -> Any:
        """The optimizer of the config, over the weights."""
        return self.optimizer(self.parameters())
