"""What clipping leaves of a gradient. By norm it keeps the direction; by value it turns it."""

import math

from torch import Tensor

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_not_negative, require_positive
from zoo.theory.curvature import angle
from zoo.theory.descent import terminal_rate
from zoo.theory.mean_field import gaussian_mean

SMALLEST_SHARE = 1e-300  # of a limit in what it cuts: a smaller one has not all of float64's digits


def norm_coefficient(norm: float, limit: float) -> float:
    """min(1, c / (‖g‖ + 10⁻⁶)): what torch.nn.utils.clip_grad_norm_ multiplies every gradient by.

    The 10⁻⁶ is PyTorch's guard against ‖g‖ = 0; the clipped norm is a little below c (Pascanu et al. 2013).

    Args:
        norm: ‖g‖, over all parameters together.
        limit: c.

    Raises:
        InputError: a negative norm, or a limit that is not positive.
    """
    require_not_negative(norm=norm)
    require_positive(limit=limit)
    return min(1.0, limit / (norm + 1e-6))


def longest_walk(rate: float, momentum: float, limit: float, steps: int) -> float:
    """η c K/(1 − β): how far K steps of SGD lead at most if no gradient is longer than c.

    A gradient is worth η(1 + β + β² + …) in the end, in one direction at best: the triangle inequality.

    Args:
        rate: η.
        momentum: β, in any of PyTorch's forms.
        limit: c.
        steps: K.

    Raises:
        InputError: rate or steps is negative, limit not positive, momentum not in [0, 1).
    """
    require_positive(limit=limit)
    require_at_least(0, steps=steps)
    return terminal_rate(rate, momentum) * limit * steps


def output_layer_bound(width: int) -> float:
    """√2 √(N + 1): a bound on ‖∂L/∂(W, b)‖ of an output layer under softmax and cross-entropy, for |φ| ≤ 1.

    One sample's is ‖p − y‖ √(‖φ‖² + 1), with ‖p − y‖ ≤ √2 and ‖φ‖² ≤ N; a mean over samples is no longer.

    Args:
        width: N, the units below the output layer.

    Raises:
        InputError: width is below 1.
    """
    require_at_least(1, width=width)
    return math.sqrt(2 * (width + 1))


def angle_by_value(gradient: Tensor, limit: float) -> float:
    """∠(g, clamp(g, −c, c)) in degrees: how far torch.nn.utils.clip_grad_value_ turns a gradient.

    Both are scaled before they are squared, or squares could leave float64.

    Raises:
        InputError: a gradient that is all zero or not finite, or a limit that is not positive or so small
            that no share of the largest entry is left of it.
    """
    require_positive(limit=limit)
    g = gradient.detach().double().flatten()
    if not (g.isfinite().all() and g.any()):
        raise InputError("gradient is all zero or not finite; it has no direction")
    g, share = g / g.abs().max(), limit / float(g.abs().max())
    if share >= 1:
        return 0.0
    if share < SMALLEST_SHARE:
        raise InputError(f"limit is {share:g} of the largest entry; choose {SMALLEST_SHARE:g} or more")
    return float(angle(g, (g / share).clamp(-1, 1)))


def gaussian_angle_by_value(limit_over_std: float) -> float:
    """arccos(E[g·clip g] / √E[clip² g]) in degrees, for g ~ N(0, 1) and c in units of its standard deviation.

    E[g·clip g] = P(|g| < c) = 1 − t, with t = erfc(c/√2), by Stein's E[g f(g)] = E[f'(g)];
    E[clip² g] = 1 − t − 2c φ(c) + c² t by parts, with φ the normal density.

    As atan2(√(E[clip² g] − (1 − t)²), 1 − t), in which little must cancel. Far out it is a difference of two
    numbers near 1; it is also E[r²] − t² with r = g − clip g, and E[r²] = (1 + c²) t − 2c φ(c). Close in,
    1 − t − 2c φ(c) = √(2/π) (c³/3 − c⁵/10 + …).

    For many independent Gaussian entries of one variance: the angle's spread falls as 1/√(their number).
    c → 0 leaves the signs alone, at arccos √(2/π) = 37.07°; c → ∞ leaves g.

    Raises:
        InputError: limit_over_std is not positive, or below SMALLEST_SHARE.
    """
    require_positive(limit_over_std=limit_over_std)
    c = limit_over_std
    if c < SMALLEST_SHARE:
        raise InputError(f"limit_over_std is {c:g}; choose {SMALLEST_SHARE:g} or more")
    inside, beyond = math.erf(c / math.sqrt(2)), math.erfc(c / math.sqrt(2))
    if not beyond:
        return 0.0
    if c < 0.01:  # by c², which may be too small for float64
        inside, opposite = inside / c, beyond + math.sqrt(2 / math.pi) * c * (1 / 3 - c**2 / 10)
        return math.degrees(math.atan2(math.sqrt(opposite - inside**2), inside))
    density = math.exp(-(c**2) / 2) / math.sqrt(2 * math.pi)
    opposite = (1 + c**2) * beyond - 2 * c * density - beyond**2
    return math.degrees(math.atan2(math.sqrt(opposite), inside))


def gaussian_angle_standard_error(limit_over_std: float, entries: int) -> float:
    """How far the angle of `gaussian_angle_by_value` strays over P entries, in degrees; ∝ 1/√P.

    All of them read as one vector: a mean of the angles of parts has a bias of the order of 1/(their size).
    With u = g·clip g, v = g² and w = clip² g, cos θ = ū / √(v̄ w̄) varies as its logarithm does, to first order
    as the mean of u/E[u] − ½ v/E[v] − ½ w/E[w] over the entries; and dθ = −d cos θ / sin θ.

    Raises:
        InputError: limit_over_std is not positive, or entries below 1.
    """
    require_at_least(1, entries=entries)
    theta, c = math.radians(gaussian_angle_by_value(limit_over_std)), limit_over_std

    def clipped(z: Tensor) -> Tensor:
        return (z / c).clamp(-1, 1)  # by c, which may be too small to be squared

    mean_u = gaussian_mean(lambda z: z * clipped(z), 1.0)
    mean_w = gaussian_mean(lambda z: clipped(z) ** 2, 1.0)

    def change(z: Tensor) -> Tensor:
        return z * clipped(z) / mean_u - z**2 / 2 - clipped(z) ** 2 / (2 * mean_w)

    variance = gaussian_mean(lambda z: change(z) ** 2, 1.0)
    return math.degrees(math.sqrt(variance / entries) / math.tan(theta)) if theta else 0.0
