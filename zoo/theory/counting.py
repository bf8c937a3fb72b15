"""What a derivative costs: how often a function is run for it, and how long it is as a formula or a graph.

Runs are counted for a function of n inputs and one output, such as a loss of n weights. Lengths are those of
three programs:

    sines      y = sin(sin(… sin(x))), n of them
    product    y = x_1 x_2 … x_n
    logistic   y = l_n with l_0 = x, l_{k+1} = 4 l_k (1 − l_k)

(Speelpenning 1980; Baur & Strassen 1983; Baydin et al. 2018)
"""

import math
from typing import Literal, get_args

from zoo.errors import InputError
from zoo.theory.checks import require_at_least

Way = Literal["forward difference", "central difference", "forward mode", "reverse mode"]
Program = Literal["sines", "product", "logistic"]


def evaluations(way: Way, n: int) -> int:
    """n + 1, 2n, n or 2: what all n slopes cost, in runs of the function.

    A difference moves one input at a time. Forward mode carries one direction through the function, so that n
    inputs need n runs, each a run with its derivative. Reverse mode goes there and back once, whatever n. Of
    a function in which a given matrix multiplies the inputs and all else is cheap, the way back is the
    product with the transposed matrix, and costs as much as the way there: 2. Of any function, it is at most
    about 5 (Baur & Strassen 1983; Griewank & Walther 2008).

    Raises:
        InputError: no way has that name, or n is below 1.
    """
    require_at_least(1, n=n)
    counts: dict[Way, int] = {
        "forward difference": n + 1,
        "central difference": 2 * n,
        "forward mode": n,
        "reverse mode": 2,
    }
    if way not in counts:
        raise InputError(f"way is {way!r}; choose one of {', '.join(get_args(Way))}")
    return counts[way]


def symbolic_length(program: Program, n: int) -> int:
    """n(n+1)/2 sines and cosines, n(n−2) multiplications, or 2ⁿ terms: the derivative as a formula.

    sines: cos x · cos(sin x) · cos(sin(sin x)) · …, factors with 1, 2, …, n calls. product: n partial
    derivatives, each the product of the n − 1 other inputs. logistic: l_n, multiplied out, has all powers of
    x from 1 to 2ⁿ, and each leaves a term when it is differentiated.

    Raises:
        InputError: no program has that name, or n is below 2.
    """
    return _of({"sines": n * (n + 1) // 2, "product": n * (n - 2), "logistic": 2**n}, program, n)


def graph_nodes(program: Program, n: int) -> int:
    """n + 1, 2n − 1 or 3n + 1: the steps of the program and its inputs, which reverse mode goes over once.

    sines: n and x. product: n − 1 multiplications and n factors. logistic: 4l, 1 − l and their product at
    every step, and x.

    Raises:
        InputError: as `symbolic_length`.
    """
    return _of({"sines": n + 1, "product": 2 * n - 1, "logistic": 3 * n + 1}, program, n)


def logistic_slope(n: int, x: float) -> float:
    """l_n′(x) = 2ⁿ sin(2ⁿ⁺¹θ)/sin 2θ with x = sin²θ: what all those terms add up to.

    4 sin²θ (1 − sin²θ) = sin² 2θ: a step doubles θ, so that l_n = sin² 2ⁿθ; and dl/dθ = 2ⁿ sin(2 · 2ⁿθ),
    dx/dθ = sin 2θ.

    Raises:
        InputError: n is below 1, or x is not between 0 and 1.
    """
    require_at_least(1, n=n)
    if not 0 < x < 1:
        raise InputError(f"x is {x}; it must be between 0 and 1")
    theta = math.asin(math.sqrt(x))
    return 2.0**n * math.sin(2.0 ** (n + 1) * theta) / math.sin(2 * theta)


def _of(counts: dict[Program, int], program: Program, n: int) -> int:
    require_at_least(2, n=n)
    if program not in counts:
        raise InputError(f"program is {program!r}; choose one of {', '.join(get_args(Program))}")
    return counts[program]
