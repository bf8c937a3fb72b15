"""Loss surfaces to walk on. D coordinates; x is (..., D), one point or many; g = ∂L/∂f is a scalar."""

from torch import Tensor

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
