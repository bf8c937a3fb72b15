"""Loss surfaces to walk on. D coordinates; x is (..., D), one point or many; g = ∂L/∂f is a scalar.

Of many points the heights are added up, so that each has its own gradient and none feels the others.
"""

import torch
from torch import Tensor

from zoo.calculus.activations import sigmoid, softplus
from zoo.errors import InputError


def quadratic(x: Tensor, curvatures: Tensor) -> Tensor:
    """f(x) = ½ Σᵢ λᵢ xᵢ², with curvatures λ (D,); of many points, the sum.

    The Hessian is diag(λ). All λ > 0 make a bowl with its minimum at x = 0; a negative
    one among them makes x = 0 a saddle: still no slope there, but a way down.

    Raises:
        InputError: if there is not one curvature a coordinate.
    """
    if curvatures.shape != x.shape[-1:]:
        raise InputError(
            f"x has shape {tuple(x.shape)} and curvatures {tuple(curvatures.shape)}; "
            "they must be (..., D) and (D,)"
        )
    return (curvatures * x**2).sum() / 2


def quadratic_vjp(g: Tensor, x: Tensor, curvatures: Tensor) -> tuple[Tensor, Tensor]:
    """∂L/∂xᵢ = g λᵢ xᵢ,  ∂L/∂λᵢ = g ½ xᵢ², summed over the points."""
    return g * curvatures * x, g * (x**2 / 2).reshape(-1, len(curvatures)).sum(dim=0)


def polynomial(x: Tensor, coefficients: Tensor) -> Tensor:
    """f(x) = Σₖ cₖ xᵏ with coefficients c (K,), constant first; of many points, the sum.

    By Horner's rule: c₀ + x (c₁ + x (c₂ + …)).
    """
    height = torch.zeros_like(x)
    for c in coefficients.flip(0):
        height = height * x + c
    return height.sum()


def polynomial_vjp(g: Tensor, x: Tensor, coefficients: Tensor) -> tuple[Tensor, Tensor]:
    """∂L/∂x = g Σₖ k cₖ xᵏ⁻¹,  ∂L/∂cₖ = g xᵏ, summed over the points."""
    slope = torch.zeros_like(x)
    for k in range(len(coefficients) - 1, 0, -1):
        slope = slope * x + k * coefficients[k]
    return g * slope, g * torch.stack([(x**k).sum() for k in range(len(coefficients))])


def logistic(x: Tensor) -> Tensor:
    """f(x) = Σ ln(1 + e⁻ˣ): the loss of a sample of class 1 at logit x. It falls for ever: no x is lowest."""
    return softplus(-x).sum()


def logistic_vjp(g: Tensor, x: Tensor) -> tuple[Tensor]:
    """∂L/∂x = −g σ(−x): never 0, and about −g e⁻ˣ far out."""
    return (-g * sigmoid(-x),)
