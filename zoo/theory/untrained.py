"""What a classifier costs before it has learnt anything: the first number of every training.

Its C logits are z_c = w_c·φ + b_c, with features φ. At initialization the rows (w_c, b_c) are drawn alike and
independently, so over many networks the logits of a sample are C independent Gaussians of one variance q.
"""

import math

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_not_negative


def first_loss(classes: int, variance: float) -> float:
    """E L = ln C + ½ q (1 − 1/C): knowing nothing costs ln C, and being sure of it costs more.

    To second order about equal logits, where the cross-entropy is ln C and its Hessian (I − 11ᵀ/C)/C. The
    first order averages to 0 over networks. For C → ∞ it is ln C + q/2.

    Args:
        classes: C.
        variance: q, of a logit; `mean_field.propagate` has it.

    Raises:
        InputError: classes is below 2, or variance negative.
    """
    require_at_least(2, classes=classes)
    require_not_negative(variance=variance)
    return math.log(classes) + variance / 2 * (1 - 1 / classes)


def first_loss_neglected(classes: int, variance: float) -> float:
    """q² (C − 1)/(4C²): E L is less than `first_loss` by so much, to the next order in q.

    ln mean e^z is the sum of the cumulants κ_n/n! of a sample's C logits; the third averages to 0, and the
    fourth to −6 q² (C − 1)/C².

    Raises:
        InputError: classes is below 2, or variance negative.
    """
    require_at_least(2, classes=classes)
    require_not_negative(variance=variance)
    return variance**2 * (classes - 1) / (4 * classes**2)


def first_loss_std(classes: int, variance: float, largest_share: float) -> float:
    """√(q f) + ½ q √(2(C − 1))/C: the standard deviation of a network's first loss is at most that.

    To second order L = ln C + mean(z̄ − z_y) + ½ mean Var_c z, with z̄ a sample's mean logit. The middle term
    is Σ_c w_c·(φ̄/C − f_c φ̄_c), with φ̄_c the mean features of class c and f_c its share of the samples; and
    Σ_c ‖f_c φ̄_c − φ̄/C‖² ≤ f mean‖φ‖², with f the largest share, reached where a class's samples are alike.
    The last term spreads as that of a single sample at most: ½ q χ²/C, of C − 1 degrees of freedom.

    Raises:
        InputError: classes is below 2, variance negative, or largest_share not in [1/C, 1].
    """
    require_at_least(2, classes=classes)
    require_not_negative(variance=variance)
    if not 1 / classes <= largest_share <= 1:
        raise InputError(f"largest_share is {largest_share}; of {classes} classes it is 1/{classes} to 1")
    spread = variance / 2 * math.sqrt(2 * (classes - 1)) / classes
    return math.sqrt(variance * largest_share) + spread
