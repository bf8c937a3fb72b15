"""The functions and rules that all others are made of, entry by entry. g is ∂L/∂f, of the shape of f.

Read with g = 1 they are the textbook's: a power's derivative, a sum's, a product's. Read with any g they are
the chain rule: g is the derivative of all that comes after f, and f_vjp multiplies it by f's own.
"""

import torch
from torch import Tensor


def power(x: Tensor, n: Tensor) -> Tensor:
    """f(x) = xⁿ, with the exponent n a given number."""
    return x**n


def power_vjp(g: Tensor, x: Tensor, n: Tensor) -> tuple[Tensor, None]:
    """∂L/∂x = g n xⁿ⁻¹."""
    return g * n * x ** (n - 1), None


def exp(x: Tensor) -> Tensor:
    """f(x) = eˣ."""
    return torch.exp(x)


def exp_vjp(g: Tensor, x: Tensor) -> tuple[Tensor]:
    """∂L/∂x = g eˣ: the one function, up to a factor, that is its own derivative."""
    return (g * torch.exp(x),)


def ln(x: Tensor) -> Tensor:
    """f(x) = ln x, for x > 0."""
    return torch.log(x)


def ln_vjp(g: Tensor, x: Tensor) -> tuple[Tensor]:
    """∂L/∂x = g / x."""
    return (g / x,)


def scale(x: Tensor, c: Tensor) -> Tensor:
    """f = c x, with the factor c a given number: the constant multiple."""
    return c * x


def scale_vjp(g: Tensor, x: Tensor, c: Tensor) -> tuple[Tensor, None]:
    """∂L/∂x = c g: a constant factor stays as it is."""
    return c * g, None


def add(u: Tensor, v: Tensor) -> Tensor:
    """f = u + v."""
    return u + v


def add_vjp(g: Tensor, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """∂L/∂u = g,  ∂L/∂v = g: the sum rule. With u and v both functions of x, (u + v)′ = u′ + v′."""
    return g, g


def multiply(u: Tensor, v: Tensor) -> Tensor:
    """f = u v."""
    return u * v


def multiply_vjp(g: Tensor, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """∂L/∂u = g v,  ∂L/∂v = g u: the product rule. With both functions of x, (uv)′ = u′v + uv′."""
    return g * v, g * u
