"""Softmax from outside: what its Jacobian J = diag(p) − ppᵀ can be like, and what it does to a loss.

p are the probabilities of C classes, L = −ln p_y the cross-entropy. All of it is elementary.
"""

import math
from collections.abc import Sequence

from zoo.errors import InputError
from zoo.theory.checks import require_at_least

LARGEST_EIGENVALUE = 0.5  # of J: vᵀJv is the variance of v under p, and v of length 1 spans √2 at most
LONGEST_SLOPE = math.sqrt(2)  # ‖p − y‖, where a wrong class has p = 1
TRACE_PER_LOSS = 2.0  # 1 − Σp² ≤ 1 − p_y² ≤ 2(1 − p_y) ≤ −2 ln p_y


def trace(p: Sequence[float]) -> float:
    """1 − Σp²: the sum of J's eigenvalues. It is 1 − 1/C at equal odds, and 0 where one class is certain.

    Raises:
        InputError: p are no probabilities.
    """
    _require_probabilities(p)
    return 1 - sum(each**2 for each in p)


def largest_eigenvalue_bound(largest_p: float) -> float:
    """2p(1 − p), with p the largest probability: no eigenvalue of J is larger (Gershgorin's circles).

    In row i the sizes of J's entries add up to 2pᵢ(1 − pᵢ). With two classes that is the eigenvalue itself.

    Raises:
        InputError: it is no probability.
    """
    if not 0 <= largest_p <= 1:
        raise InputError(f"largest_p is {largest_p}; it must lie between 0 and 1")
    return 2 * largest_p * (1 - largest_p)


def floor_if_taken_twice(classes: int) -> float:
    """ln(1 + (C − 1)/e): the least L if probabilities are given to a loss that takes them for logits.

    They differ by 1 at most, so that softmax gives the right class e/(e + C − 1) at most.

    Raises:
        InputError: classes is below 2.
    """
    require_at_least(2, classes=classes)
    return math.log1p((classes - 1) / math.e)


def _require_probabilities(p: Sequence[float]) -> None:
    if not all(0 <= each <= 1 for each in p) or abs(sum(p) - 1) > 1e-9:
        raise InputError(f"p is {list(p)}; probabilities lie between 0 and 1 and add up to 1")
