"""How steep an activation can be: the extremes of f', as (x, value).

x = ±∞ says that the extreme is a limit, or the value on a whole half-line, as ReLU' = 1 for every x > 0.
Sigmoid and tanh flatten on both sides; their least slope is given at −∞. All of it is elementary calculus.
"""

import math

from zoo.calculus.activations import ActivationName, activation

_GELU = math.sqrt(2)  # GELU'' = φ(x) (2 − x²) is 0 here and at −√2
_GELU_EXCESS = math.erf(1) / 2 + 1 / (math.e * math.sqrt(math.pi)) - 1 / 2  # Φ(√2) + √2 φ(√2) − 1
_SILU = 2.399357280515468  # SiLU'' = σ'(x) (2 − x tanh(x/2)) is 0 at ±x: found by bisection
_SILU_EXCESS = _SILU / 4 - 1 / 2  # with tanh(x/2) = 2/x, SiLU'(x) = σ(x) + x σ'(x) is ½ + x/4

_STEEPEST: dict[ActivationName, tuple[float, float]] = {
    "sigmoid": (0.0, 1 / 4),  # σ(1 − σ), a parabola in σ with its top at ½
    "tanh": (0.0, 1.0),
    "relu": (math.inf, 1.0),
    "leaky_relu": (math.inf, 1.0),
    "elu": (math.inf, 1.0),
    "gelu": (_GELU, 1 + _GELU_EXCESS),
    "silu": (_SILU, 1 + _SILU_EXCESS),
    "softplus": (math.inf, 1.0),
}

_LEAST: dict[ActivationName, tuple[float, float]] = {
    "sigmoid": (-math.inf, 0.0),
    "tanh": (-math.inf, 0.0),
    "relu": (-math.inf, 0.0),
    "leaky_relu": (-math.inf, 0.01),
    "elu": (-math.inf, 0.0),
    "gelu": (-_GELU, -_GELU_EXCESS),  # f'(x) + f'(−x) = 1 for x Φ(x) and x σ(x)
    "silu": (-_SILU, -_SILU_EXCESS),
    "softplus": (-math.inf, 0.0),
}


def steepest(name: ActivationName) -> tuple[float, float]:
    """(x, f'(x)) with f'(x) = sup f': a bound on what one activation can do to a gradient.

    Leaky ReLU has the slope 0.01 below 0, and ELU has α = 1, as in zoo.calculus.

    Raises:
        InputError: no activation has that name.
    """
    activation(name)  # answers a wrong name with the choices
    return _STEEPEST[name]


def least(name: ActivationName) -> tuple[float, float]:
    """(x, f'(x)) with f'(x) = inf f': below 0 for GELU and SiLU, which are not monotone.

    Raises:
        InputError: no activation has that name.
    """
    activation(name)
    return _LEAST[name]


def largest(name: ActivationName) -> float:
    """sup |f'|, by which a slope is called flat or not.

    Raises:
        InputError: no activation has that name.
    """
    return max(abs(steepest(name)[1]), abs(least(name)[1]))
