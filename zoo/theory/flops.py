"""What backpropagation costs, counted: the multiplications and additions of its matrix products.

A fully connected network has sizes (d_0, d_1, …, d_L): d_0 inputs, d_L outputs, and layer l is z_l = h_{l−1}
W_lᵀ + b_l, with W_l of shape (d_l, d_{l−1}). B samples go through it at once. The product of an (m, k) and a
(k, n) matrix costs 2mkn FLOPs: it sums k products for each of mn entries. Biases and activations cost a few
FLOPs a unit instead of two for every weight; they are not counted, nor does ``torch.utils.flop_counter``.
(Griewank & Walther 2008, chapters 3 and 4)
"""

from collections.abc import Sequence
from itertools import pairwise

from zoo.errors import InputError
from zoo.theory.checks import require_at_least


def parameter_count(sizes: Sequence[int]) -> int:
    """P = Σ_l (d_{l−1} + 1) d_l: every unit has a weight an input, and a bias.

    One-sided differences, (L(θ + h e_i) − L(θ))/h for each i, take P + 1 forward passes.

    Raises:
        InputError: sizes has fewer than two entries, or one below 1.
    """
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in _layers(sizes))


def forward_flops(sizes: Sequence[int], batch: int) -> int:
    """F = 2B Σ_l d_{l−1} d_l: a multiplication and an addition for every weight and sample.

    Raises:
        InputError: batch is below 1, or what `parameter_count` refuses.
    """
    require_at_least(1, batch=batch)
    return 2 * batch * sum(fan_in * fan_out for fan_in, fan_out in _layers(sizes))


def backward_flops(sizes: Sequence[int], batch: int, to_input: bool = False) -> int:
    """2F − 2B d_0 d_1, or 2F with ∂L/∂x: a layer has two products, each as large as its forward one.

    They are ∂L/∂h_{l−1} = ∂L/∂z_l W_l and ∂L/∂W_l = (∂L/∂z_l)ᵀ h_{l−1}. In the first layer ∂L/∂h_0 = ∂L/∂x is
    a gradient that no weight needs. All z_l and h_l are there from the forward pass: to make them again is F
    more.

    Args:
        sizes: d_0 … d_L.
        batch: B.
        to_input: whether ∂L/∂x is computed too.

    Raises:
        InputError: as `forward_flops`.
    """
    both = 2 * forward_flops(sizes, batch)
    return both if to_input else both - 2 * batch * sizes[0] * sizes[1]


def chain_flops(sizes: Sequence[int], from_input: bool = False) -> int:
    """2 Σ_l d_{l−1} d_l from the loss; 2 d_0 (Σ_{l≥2} d_{l−1} d_l + d_L) from the input.

    It is what ∂L/∂x = g J_L … J_1 costs for one sample, with the row g = ∂L/∂z_L and the matrices J_l =
    ∂z_l/∂z_{l−1} of shape (d_l, d_{l−1}). The factors have one order, but any two neighbours may be
    multiplied first. From the loss, on the left, a row meets each matrix; from the input, a matrix of d_0
    columns does.

    Raises:
        InputError: as `parameter_count`.
    """
    if not from_input:
        return forward_flops(sizes, 1)
    return 2 * sizes[0] * (sum(fan_in * fan_out for fan_in, fan_out in _layers(sizes)[1:]) + sizes[-1])


def longest_sum(sizes: Sequence[int], batch: int) -> int:
    """n = Σ_l (d_{l−1} + 1 + d_l) + B: how many additions lie on the longest way to ∂L/∂W_1.

    Forward, an entry of z_l adds d_{l−1} products and a bias; backward, the softmax adds d_L exponentials and
    an entry of ∂L/∂h_{l−1} adds d_l products; ∂L/∂W_1 adds B.

    An addition is off by at most u of the sum so far, which in a layer of many random weights is on average
    no longer than the sum in the end. So two programs that add in different orders differ by at most 2nu, as
    a share of the gradient's norm, and where errors have mixed signs by about √n u. (Higham 2002, chapter 4)

    Raises:
        InputError: as `forward_flops`.
    """
    require_at_least(1, batch=batch)
    return sum(fan_in + 1 + fan_out for fan_in, fan_out in _layers(sizes)) + batch


def _layers(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """(d_{l−1}, d_l) of every layer."""
    if len(sizes) < 2 or min(sizes) < 1:
        raise InputError(f"sizes is {tuple(sizes)}; it must be (inputs, …, outputs), each at least 1")
    return list(pairwise(sizes))
