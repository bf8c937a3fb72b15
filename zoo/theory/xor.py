"""What a small ReLU network can get stuck on when it learns XOR, a number for each corner of a square.

f(x) = c + Σ_j a_j relu(w_j·x + b_j), with H hidden units; the loss is the mean of (f − y)² over the corners
(0, 0), (0, 1), (1, 0), (1, 1), in this order. A unit is active on the corners where w_j·x + b_j > 0.
"""

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_finite

TARGETS = (0.0, 1.0, 1.0, 0.0)  # y: the exclusive or of the two coordinates
DEAD_UNIT = 13 / 48  # see dead_share


def stuck_losses(targets: Sequence[float] = TARGETS) -> list[float]:
    """¼ Σ_D (y − ȳ_D)² for every set D of corners: the only losses at which the gradient is zero, ascending.

    Let r = f − y. Where the gradient is zero, ∂L/∂c says Σ r = 0. Let S_j be the corners on which unit j is
    active, with a_j ≠ 0: over them ∂L/∂b_j says Σ r = 0 and ∂L/∂w_j says Σ r x = 0. An S_j of one, two or
    three corners leaves only r = 0 on each of them, since no corner lies on the line through two others. On
    the corners D where no unit is active f is one number, c, and Σ r = 0 makes it their mean target ȳ_D. If
    all active units are active everywhere, r is a multiple of (1, −1, −1, 1): the best plane, with the loss
    (y₁ − y₂ − y₃ + y₄)²/16.

    These are local minima, where no unit's input is exactly 0 on a corner: small changes leave every S_j as
    it is, and with those S_j no f comes nearer to y. (Derived here; that ReLU networks have such minima is in
    Swirszcz et al. 2016.)

    Raises:
        InputError: targets are not four finite numbers.
    """
    if len(targets) != 4:
        raise InputError(f"targets are {list(targets)}; the square has 4 corners")
    require_finite(**{f"targets[{i}]": y for i, y in enumerate(targets)})
    y1, y2, y3, y4 = targets
    losses = {0.0, (y1 - y2 - y3 + y4) ** 2 / 16}
    for size in (2, 3, 4):
        for silent in combinations(targets, size):
            losses.add(sum((y - fmean(silent)) ** 2 for y in silent) / 4)
    return sorted(losses)


def dead_share(hidden: int) -> float:
    """(13/48)^H: the chance that PyTorch's initialization leaves all H units dead, active on no corner.

    There w₁, w₂ and b are uniform on one interval, say (−1, 1). A unit is dead if b = −t with t > 0, chance
    ½, and w₁, w₂ and w₁ + w₂ are below t. In the square of all (w₁, w₂) these fill the share
    ((1 + t)² − t²/2)/4, and the integral of that from t = 0 to 1 is 13/24.
    No gradient reaches a dead unit, so all dead stay as they are. (Derived here; cf. Lu et al. 2020)

    Raises:
        InputError: hidden is below 1.
    """
    require_at_least(1, hidden=hidden)
    return DEAD_UNIT**hidden
