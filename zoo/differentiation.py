"""Six ways to differentiate a program, each in a few lines: f takes x, (n,), and returns one number.

Every one has the same arguments, f, x and a step h, and returns all n slopes, (n,); those that need no h
ignore it. `symbolic` alone is for n = 1, and for an f that sympy's symbols can go through. What a way costs
is counted in runs of f (`Counted`), in `flops`, or in `nodes` of the graph that reverse mode goes over.

Of an f that turns every entry of x into one of its own, all slopes are found at once: `derivatives` takes f′,
f″, … by reverse mode, `small_step` needs f's values alone, and `left_out` is what it misses.
"""

import warnings
from collections.abc import Callable
from typing import Any

import sympy
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

Function = Callable[..., Any]


def symbolic(f: Function, x: Tensor, _: Tensor) -> Tensor:
    """The formula of f′, made from the formula of f."""
    symbol = sympy.Symbol("x")
    slope: Tensor = sympy.lambdify(symbol, f(symbol).diff(symbol), torch)(x)
    return slope


def forward_difference(f: Function, x: Tensor, h: Tensor) -> Tensor:
    """(f(x + he) − f(x))/h along every axis e; x + he is rounded: h is how far x has really moved."""
    here = f(x)
    return torch.stack([(f(x + e) - here) / (x + e - x).sum() for e in h * _axes(x)]).flatten()


def central_difference(f: Function, x: Tensor, h: Tensor) -> Tensor:
    """(f(x + he) − f(x − he))/2h along every axis e."""
    return torch.stack([(f(x + e) - f(x - e)) / (x + e - (x - e)).sum() for e in h * _axes(x)]).flatten()


def complex_step(f: Function, x: Tensor, _: Tensor) -> Tensor:
    """Im f(x + ihe)/h along every axis e; h is so short that nothing but f′ is left of Taylor's terms."""
    return torch.stack([f(torch.complex(x, 1e-20 * e)).imag / 1e-20 for e in _axes(x)]).flatten()


def forward_mode(f: Function, x: Tensor, _: Tensor) -> Tensor:
    """The slope along every axis e, carried along with the value."""
    with warnings.catch_warnings():  # torch warns of itself when it first loads its rules for this
        for category in (FutureWarning, DeprecationWarning):  # as its version has it
            warnings.simplefilter("ignore", category)
        return torch.stack([torch.func.jvp(f, (x,), (e,))[1] for e in _axes(x)]).flatten()


def reverse_mode(f: Function, x: Tensor, _: Tensor) -> Tensor:
    """All slopes, carried back from the value."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(f(x), x)[0]


def derivatives(f: Callable[[Tensor], Tensor], x: Tensor, orders: int) -> list[Tensor]:
    """f, f′, f″, … up to that order, at every entry of x: each is what reverse mode makes of the one before.

    f returns the shape of x, and an entry of f(x) depends on the same entry of x alone.
    """
    x = x.clone().requires_grad_()
    found = [f(x)]
    for _ in range(orders):
        y = found[-1] + 0 * x  # a constant has no graph, but a derivative: 0
        found.append(torch.autograd.grad(y.sum(), x, create_graph=True)[0])
    return [y.detach() for y in found]


def small_step(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """(f(x + h) − f(x − h))/2h at every entry of x; as x ± h are rounded, 2h is how far they are apart."""
    left, right = x - h, x + h
    return (f(right) - f(left)) / (right - left)


def left_out(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """h² |f‴|/6, which is how far `small_step` is off where nothing is rounded, at every entry of x.

    f‴ is the largest at nine points from x − h to x + h, and a tenth more, for what it is between.
    """
    around = x + h * torch.linspace(-1, 1, 9, dtype=x.dtype).reshape(-1, *[1] * x.dim())
    return 1.1 * h**2 / 6 * derivatives(f, around, 3)[3].abs().amax(dim=0)


def _axes(x: Tensor) -> Tensor:
    """The directions of single inputs, (n, n)."""
    return torch.eye(len(x), dtype=x.dtype)


class Counted:
    """f, and how often it has been called."""

    def __init__(self, f: Function) -> None:
        self.f, self.calls = f, 0

    def __call__(self, x: Any) -> Any:
        """f(x), and one more call."""
        self.calls += 1
        return self.f(x)


def flops(run: Function, *arguments: Any) -> int:
    """The multiplications and additions of all matrix products in run(*arguments)."""
    with FlopCounterMode(display=False) as counter:
        run(*arguments)
    return int(counter.get_total_flops())


def nodes(y: Tensor) -> int:
    """How many steps and inputs autograd's graph of y has."""
    found: set[Any] = set()
    waiting: list[Any] = [y.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in found:
            found.add(node)
            waiting += [before for before, _ in node.next_functions]
    return len(found)


WAYS: dict[str, Callable[[Function, Tensor, Tensor], Tensor]] = {
    "symbolic": symbolic,
    "forward difference": forward_difference,
    "central difference": central_difference,
    "complex step": complex_step,
    "forward mode": forward_mode,
    "reverse mode": reverse_mode,
}
