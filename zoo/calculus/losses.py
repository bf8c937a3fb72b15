"""Losses, each a mean over what it predicts. N samples, O outputs, C classes.

p is a prediction, y its target, z a logit (a score before sigmoid or softmax); unless
told otherwise they are (N, O). A loss is a scalar, and so is g = ∂L/∂loss: usually 1.
Targets are given, not learnt: their gradient is None.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo.calculus.activations import sigmoid, softplus
from zoo.calculus.softmax import log_softmax, softmax
from zoo.errors import InputError


def mse(p: Tensor, y: Tensor) -> Tensor:
    """L = Σ (p − y)² / (N·O): the mean over all entries, as ``torch.nn.MSELoss`` has it.

    Raises:
        InputError: if p and y differ in shape.
    """
    _refuse_broadcasting("p", p, y)
    return ((p - y) ** 2).mean()


def mse_vjp(g: Tensor, p: Tensor, y: Tensor) -> tuple[Tensor, None]:
    """∂L/∂p = g 2 (p − y) / (N·O)."""
    return g * 2 * (p - y) / p.numel(), None


def binary_cross_entropy(p: Tensor, y: Tensor) -> Tensor:
    """L = −Σ [y ln p + (1 − y) ln(1 − p)] / (N·O), in nats, for 0 < p < 1 and y in [0, 1].

    It is exact, not clamped: a wrong p of 0 or 1 costs ∞. If p is a sigmoid, which
    rounds to 1 for z > 16.6 in float32, use ``binary_cross_entropy_with_logits``.

    Raises:
        InputError: if p and y differ in shape.
    """
    _refuse_broadcasting("p", p, y)
    log_likelihood: Tensor = torch.xlogy(y, p) + torch.special.xlog1py(1 - y, -p)  # 0 · ln 0 counts as 0
    return -log_likelihood.mean()


def binary_cross_entropy_vjp(g: Tensor, p: Tensor, y: Tensor) -> tuple[Tensor, None]:
    """∂L/∂p = g [−y/p + (1 − y)/(1 − p)] / (N·O): no bound as a wrong p goes to 0 or 1."""
    return g * (-y / p + (1 - y) / (1 - p)) / p.numel(), None


def binary_cross_entropy_with_logits(z: Tensor, y: Tensor) -> Tensor:
    """L = −Σ [y ln σ(z) + (1 − y) ln σ(−z)] / (N·O): binary cross-entropy of p = σ(z).

    Here 1 − p = σ(−z). Finite for any finite z: −ln σ(z) = softplus(−z) takes no logarithm of 0.

    Raises:
        InputError: if z and y differ in shape.
    """
    _refuse_broadcasting("z", z, y)
    return (y * softplus(-z) + (1 - y) * softplus(z)).mean()


def binary_cross_entropy_with_logits_vjp(g: Tensor, z: Tensor, y: Tensor) -> tuple[Tensor, None]:
    """∂L/∂z = g (σ(z) − y) / (N·O).

    The sigmoid's slope σ(1 − σ) has cancelled against the 1 / (p(1 − p)) of
    ``binary_cross_entropy_vjp``: saturated and wrong still learns, with slope ±1.
    """
    return g * (sigmoid(z) - y) / z.numel(), None


def cross_entropy(z: Tensor, y: Tensor) -> Tensor:
    """L = −Σₙ ln softmax(zₙ)[yₙ] / N, in nats, for logits z (N, C) and classes y (N,), integers from 0.

    Raises:
        InputError: if z and y do not have these shapes.
    """
    if z.ndim != 2 or y.shape != z.shape[:1]:
        raise InputError(f"z has shape {tuple(z.shape)} and y {tuple(y.shape)}; they must be (N, C) and (N,)")
    return -log_softmax(z).gather(1, y[:, None]).mean()


def cross_entropy_vjp(g: Tensor, z: Tensor, y: Tensor) -> tuple[Tensor, None]:
    """∂L/∂z = g (p − onehot(y)) / N, with p = softmax(z): what was said, less what is true."""
    samples, classes = z.shape
    return g * (softmax(z) - F.one_hot(y, classes)) / samples, None


def _refuse_broadcasting(name: str, prediction: Tensor, y: Tensor) -> None:
    """(N, 1) against (N,) would pair every prediction with every target, in N × N entries."""
    if prediction.shape != y.shape:
        raise InputError(
            f"{name} has shape {tuple(prediction.shape)} and y {tuple(y.shape)}; they must be the same"
        )
