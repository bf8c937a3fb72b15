"""The end of a network without the network: outputs that are parameters themselves, and the loss of them."""

import math
from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from zoo.calculus.activations import sigmoid
from zoo.calculus.losses import binary_cross_entropy, binary_cross_entropy_with_logits, mse
from zoo.errors import InputError
from zoo.models.surfaces import Surface

LossName = Literal["mse", "bce", "bce_with_logits", "mse_of_sigmoid"]

# Each maps outputs (N, O) and targets of the same shape to the mean over all of them.
LOSSES: dict[LossName, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": mse,
    "bce": binary_cross_entropy,
    "bce_with_logits": binary_cross_entropy_with_logits,
    "mse_of_sigmoid": lambda z, y: mse(sigmoid(z), y),
}


class Output(Surface):
    """L(output, y), where the outputs are what is learnt: they show what a loss does to any network's.

    Args:
        loss: "mse" is the squared error of predictions p; "bce" the cross-entropy of probabilities p, and
            "bce_with_logits" that of p = σ(z); "mse_of_sigmoid" the squared error of p = σ(z).
        start: where the O outputs of each sample start: p, or the logits z.
        target: y, what all of them should be.
        samples: N.

    Attributes:
        point: the parameter, (N, O) float64: a row of outputs for each sample.

    Raises:
        InputError: an unknown loss, an output or target that is not finite, or no output at all.
    """

    target: Tensor

    def __init__(self, loss: LossName, start: list[float], target: float = 1.0, samples: int = 1) -> None:
        super().__init__()
        if loss not in LOSSES:
            raise InputError(f"loss is {loss!r}; choose one of {', '.join(get_args(LossName))}")
        if not start or samples < 1:
            raise InputError(
                f"start has {len(start)} outputs and samples is {samples}; both must be at least 1"
            )
        if not all(map(math.isfinite, [*start, target])):
            raise InputError(f"start is {start} and target {target}; choose finite numbers")
        self.loss = loss
        self.point = nn.Parameter(torch.tensor([start] * samples, dtype=torch.float64))
        self.register_buffer("target", torch.full_like(self.point.detach(), target))

    def forward(self) -> Tensor:
        """L, the mean over samples and outputs."""
        return LOSSES[self.loss](self.point, self.target)
