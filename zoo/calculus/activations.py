"""Elementwise activations. x has any shape; g is the upstream gradient ∂L/∂f(x), of the shape of x.

Finite for any finite x, and so are their slopes, by hand and by autograd. Where f has
a kink, at x = 0, every number between the two one-sided slopes is a subgradient, and
each program chooses one (Bolte & Pauwels 2020). These choose what PyTorch chooses.
"""

import math
from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo.errors import InputError

ActivationName = Literal["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus"]


def sigmoid(x: Tensor) -> Tensor:
    """σ(x) = 1 / (1 + e⁻ˣ)."""
    return torch.sigmoid(x)  # which never forms e⁻ˣ where that overflows


def sigmoid_vjp(g: Tensor, x: Tensor) -> tuple[Tensor]:
    """∂L/∂x = g σ(x) (1 − σ(x)): at most g/4, reached at x = 0."""
    s = sigmoid(x)
    return (g * s * (1 - s),)


def tanh(x: Tensor) -> Tensor:
    """tanh(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) = 2 σ(2x) − 1."""
    return torch.tanh(x)


def tanh_vjp(g: Tensor, x: Tensor) -> tuple[Tensor]:
    """∂L/∂x = g (1 − tanh² x): at most g, reached at x = 0."""
    return (g * (1 - tanh(x) ** 2),)


def relu(x: Tensor) -> Tensor:
    """relu(x) = max(x, 0)."""
    return torch.relu(x)


def relu_vjp(g: Tensor, x: Tensor) -> tuple[Tensor]:
    """∂L/∂x = g where x > 0, else 0.

    At the kink x = 0 any slope in [0, 1] is a subgradient; 0 is the choice made here.
    """
    return (torch.where(x > 0, g, 0),)


def leaky_relu(x: Tensor, negative_slope: float = 0.01) -> Tensor:
    """f(x) = x where x > 0, else a x, with a the negative slope (Maas et al. 2013)."""
    return torch.where(x > 0, x, negative_slope * x)


def leaky_relu_vjp(g: Tensor, x: Tensor, negative_slope: float = 0.01) -> tuple[Tensor]:
    """∂L/∂x = g where x > 0, else a g.

    At the kink x = 0 any slope between a and 1 is a subgradient; a is the choice made here.
    """
    return (torch.where(x > 0, g, negative_slope * g),)


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """f(x) = x where x > 0, else α (eˣ − 1) (Clevert et al. 2016)."""
    return torch.where(x > 0, x, alpha * torch.expm1(_zero_where_positive(x)))


def elu_vjp(g: Tensor, x: Tensor, alpha: float = 1.0) -> tuple[Tensor]:
    """∂L/∂x = g where x > 0, else g α eˣ.

    With α = 1 there is no kink. With another, any slope between α and 1 is a
    subgradient at x = 0; α is the choice made here.
    """
    return (torch.where(x > 0, g, g * alpha * torch.exp(_zero_where_positive(x))),)


def _zero_where_positive(x: Tensor) -> Tensor:
    """min(x, 0), with slope 1 at x = 0.

    Autograd differentiates both branches of a ``where`` and multiplies the unused one
    by 0. An eˣ that has overflowed there would make 0 · ∞ = NaN.
    """
    return torch.where(x > 0, 0, x)


def gelu(x: Tensor) -> Tensor:
    """f(x) = x Φ(x), with Φ(x) = ½ (1 + erf(x/√2)) the normal distribution (Hendrycks & Gimpel 2016)."""
    return x * _normal_cdf(x)


def gelu_vjp(g: Tensor, x: Tensor) -> tuple[Tensor]:
    """∂L/∂x = g (Φ(x) + x φ(x)), with φ = Φ′ = e^(−x²/2) / √(2π) the normal density."""
    density = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return (g * (_normal_cdf(x) + x * density),)


def _normal_cdf(x: Tensor) -> Tensor:
    """Φ(x) = ½ erfc(−x/√2): the same as with 1 + erf, which cancels to 0 in the lower tail."""
    return torch.erfc(-x / math.sqrt(2)) / 2


def silu(x: Tensor) -> Tensor:
    """f(x) = x σ(x), also called swish (Elfwing et al. 2018)."""
    return x * sigmoid(x)


def silu_vjp(g: Tensor, x: Tensor) -> tuple[Tensor]:
    """∂L/∂x = g σ(x) (1 + x (1 − σ(x)))."""
    s = sigmoid(x)
    return (g * s * (1 + x * (1 - s)),)


def softplus(x: Tensor) -> Tensor:
    """f(x) = ln(1 + eˣ) = −ln σ(−x), a smooth max(x, 0) (Dugas et al. 2001)."""
    return -F.logsigmoid(-x)  # ln σ is computed as one function: no eˣ to overflow


def softplus_vjp(g: Tensor, x: Tensor) -> tuple[Tensor]:
    """∂L/∂x = g σ(x)."""
    return (g * sigmoid(x),)


def activation(name: ActivationName) -> Callable[[Tensor], Tensor]:
    """Return the activation of that name.

    Raises:
        InputError: if no activation has that name.
    """
    if name not in get_args(ActivationName):
        raise InputError(f"activation is {name!r}; choose one of {', '.join(get_args(ActivationName))}")
    f: Callable[[Tensor], Tensor] = globals()[name]
    return f


def slope(name: ActivationName, x: Tensor) -> Tensor:
    """f′(x), entry by entry: the VJP of an elementwise f at g = 1.

    Raises:
        InputError: if no activation has that name.
    """
    f_vjp: Callable[[Tensor, Tensor], tuple[Tensor]] = globals()[f"{activation(name).__name__}_vjp"]
    return f_vjp(torch.ones_like(x), x)[0]
