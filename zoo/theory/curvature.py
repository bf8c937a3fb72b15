"""What derivatives at one point say of a loss nearby: L(w + t d) = L + t g·d + ½ t² dᵀHd + …

A loss is a function of one vector w of P numbers, written in torch, so that autograd can differentiate it as
often as it takes. In float64.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_finite, require_positive
from zoo.theory.rounding import UNIT

Loss = Callable[[Tensor], Tensor]


def loss_of_weights(network: nn.Module, x: Tensor, loss: Loss) -> Loss:
    """w ↦ loss(network(x)) with the network's parameters taken from w, in the order of ``parameters()``.

    Args:
        network: it stays as it is; its parameters only give their shapes.
        x: what it is applied to.
        loss: of its output, a scalar.
    """
    shapes = {name: p.shape for name, p in network.named_parameters()}
    sizes = [shape.numel() for shape in shapes.values()]

    def of_weights(w: Tensor) -> Tensor:
        parts = torch.split(w, sizes)
        parameters = {name: part.reshape(shapes[name]) for name, part in zip(shapes, parts, strict=True)}
        return loss(functional_call(network, parameters, (x,)))

    return of_weights


def weights(network: nn.Module) -> Tensor:
    """w: the network's parameters as one vector, (P,), in float64."""
    return torch.cat([p.detach().double().flatten() for p in network.parameters()])


def derivatives_along(loss: Loss, point: Tensor, direction: Tensor, order: int) -> list[float]:
    """L, g·d, dᵀHd, …: the derivatives of t ↦ L(w + t d) at t = 0, from the 0th to ``order``.

    Autograd of autograd, each a derivative of one number by one number, however many P is.

    Args:
        loss: L.
        point: w, (P,).
        direction: d, (P,).
        order: the last one.

    Raises:
        InputError: order is negative, or point and direction differ in shape.
    """
    require_at_least(0, order=order)
    if point.shape != direction.shape:
        raise InputError(f"direction has shape {tuple(direction.shape)}; w has {tuple(point.shape)}")

    def function(t: Tensor) -> Tensor:
        return loss(point + t * direction)

    found, zero = [], point.new_zeros(())
    for _ in range(order + 1):
        found.append(float(function(zero)))
        function = torch.func.grad(function)
    return found


def along_descent(loss: Loss, point: Tensor) -> list[float]:
    """L, −‖g‖², gᵀHg and two more: the derivatives of t ↦ L(w − t g), where a step of rate t leads."""
    return derivatives_along(loss, point, -torch.func.grad(loss)(point), order=4)


def along_network_descent(network: nn.Module, x: Tensor, loss: Loss) -> list[float]:
    """The same of w ↦ loss(network(x)), at the network's own weights."""
    return along_descent(loss_of_weights(network, x, loss), weights(network))


def hessian(loss: Loss, point: Tensor) -> Tensor:
    """H = ∂²L/∂w∂wᵀ, (P, P), by autograd; symmetric to rounding, and made so exactly."""
    h: Tensor = torch.func.jacrev(torch.func.grad(loss))(point)  # jacfwd would warn of what it imports
    return (h + h.T) / 2


def share_of_promise(derivatives: Sequence[float], rate: float) -> tuple[float, float]:
    """ΔL / (−η‖g‖²) = 1 − ½ η gᵀHg/‖g‖² + …, and twice the next two terms: by as much it may be off.

    The slope promises that a step −ηg changes L by −η‖g‖². For η → 0 it keeps its promise; how much of it is
    kept before, the curvature says.

    Args:
        derivatives: those of `along_descent`.
        rate: η.

    Raises:
        InputError: rate is not positive, or the gradient is 0, so that nothing is promised.
    """
    require_positive(rate=rate)
    _, slope, second, third, fourth = derivatives
    if not slope < 0:
        raise InputError(f"the slope along −g is {slope}; where it is not negative, nothing is promised")
    error = rate**2 * abs(third / slope) / 3 + rate**3 * abs(fourth / slope) / 12
    return 1 + rate * second / (2 * slope), error


def parabola_reach(loss: Loss, point: Tensor, change: float = 0.05) -> tuple[float, float]:
    """t, at most 0.1, such that L‴ along −g changes by at most that share from 0 to t.

    By Taylor's theorem the parabola leaves t³ L‴(ξ)/6 over, with a ξ between 0 and t. Measured from t to a
    tenth of it, the power of t is then 3 to within log₁₀(1 + change), and what rounding adds: 100 units of
    1.1e-16 of L, and of each weight. L‴ is looked at from 0.1 down to 1e-7, four times in every halving.

    Args:
        loss: L.
        point: w, (P,).
        change: how much larger the largest |L‴| may be than the smallest.

    Returns:
        t, and how far the power may be from 3: infinitely far, or not a number, where L‴ has no steady sign.

    Raises:
        InputError: change is not positive.
    """
    require_positive(change=change)
    slope = torch.func.grad(loss)(point)
    third = torch.func.grad(torch.func.grad(torch.func.grad(lambda t: loss(point - t * slope))))
    away = 0.1 * 2 ** -torch.arange(20, -0.1, -0.25, dtype=point.dtype)
    away = torch.cat([away.new_zeros(1), away])
    values = torch.func.vmap(third)(away)
    values = values * values[0].sign()
    low, high = values.cummin(dim=0).values, values.cummax(dim=0).values
    last = int((high <= (1 + change) * low).sum()) - 1
    t, rounding = away[last], 100 * UNIT * (loss(point).abs() + slope.norm() * point.norm())
    return float(t), math.log10(1 + change) + float(rounding / (low[last] * (t / 10) ** 3 / 6))


def parabola_left(loss: Loss, point: Tensor, distance: float) -> float:
    """L(w − t g) − (L − t ‖g‖² + ½ t² gᵀHg): how far the loss is above its parabola, evaluated at t."""
    height, slope, second, *_ = along_descent(loss, point)
    there = float(loss(point - distance * torch.func.grad(loss)(point)))
    return there - height - distance * slope - distance**2 * second / 2


def widest_angle(condition: float) -> float:
    """arccos(2√κ/(κ + 1)) in degrees: the most that −g can point past the bottom of a bowl, anywhere in it.

    With the error e from the bottom and g = He, it is Kantorovich's inequality (1948) for √H e. It is
    reached where e lies along the steepest and the flattest direction alone, in the proportion 1/√λ.

    Args:
        condition: κ, the largest curvature over the smallest.

    Raises:
        InputError: condition is below 1, or not finite.
    """
    require_finite(condition=condition)
    if condition < 1:
        raise InputError(f"condition is {condition}; the largest over the smallest curvature is at least 1")
    return math.degrees(math.acos(2 * math.sqrt(condition) / (condition + 1)))


def angle(u: Tensor, v: Tensor) -> Tensor:
    """∠(u, v) = 2 atan2(‖û − v̂‖, ‖û + v̂‖) in degrees, along the last axis, with û = u/‖u‖.

    By Kahan (2006); unlike arccos(û·v̂) it does not lose small angles to rounding.
    """
    u, v = (each / each.norm(dim=-1, keepdim=True) for each in (u, v))
    return torch.rad2deg(2 * torch.atan2((u - v).norm(dim=-1), (u + v).norm(dim=-1)))


def curvature_at_zero(x: Tensor, y: Tensor) -> float:
    """‖s‖, s = (2/N) Σ y_n x_n: at w = 0 a tanh network has W curvatures of −‖s‖, W of ‖s‖, and one of 2.

    With W hidden units it is f(x) = Σ_j v_j tanh(u_j·x + b_j) + c, and L the mean squared error to targets of
    mean 0. At w = 0 all derivatives are 0: that by c is twice the mean of −y, and from any other weight the
    way to f leads through one that is 0. Of the second derivatives only ∂²L/∂v_j∂u_j = −s and ∂²L/∂c² = 2 are
    not 0, and a block [[0, −sᵀ], [−s, 0]] has the eigenvalues ±‖s‖.

    Args:
        x: (N, I).
        y: (N, 1), of mean 0.

    Raises:
        InputError: x and y differ in length, or y has another shape.
    """
    if y.shape != (len(x), 1):
        raise InputError(
            f"x has shape {tuple(x.shape)} and y {tuple(y.shape)}; they must be (N, I) and (N, 1)"
        )
    return float((2 * y.double() * x.double()).mean(dim=0).norm())


def output_curvature(units: int) -> float:
    """2(W + 1): the most that L, a mean squared error, can be curved along the weights after W tanh units.

    It is quadratic in them, with H = (2/N) Σ h_n h_nᵀ, h_n the units' outputs and a 1: its trace is at most
    that.
    """
    return 2.0 * (units + 1)


def units_reversed(w: Tensor, units: int) -> Tensor:
    """w of a network with one hidden layer and one output, its units in reverse order: the same function.

    Args:
        w: incoming weights, a unit a row, their biases, outgoing weights, and a bias, (P,).
        units: W.
    """
    incoming, bias, outgoing, rest = torch.split(w, [len(w) - 2 * units - 1, units, units, 1])
    return torch.cat([incoming.reshape(units, -1).flip(0).flatten(), bias.flip(0), outgoing.flip(0), rest])
