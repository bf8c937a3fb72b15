"""How wide a layer's weights are drawn. fan_in: inputs of a unit, fan_out: units that read an input.

A preactivation z = Σ W_i h_i + b over fan_in independent terms has E[z²] = σ_w² E[h²] + σ_b² with
σ_w² = fan_in · Var W and σ_b² = Var b: these two numbers are all that a wide network keeps of its scheme.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from zoo.errors import InputError
from zoo.theory.checks import require_at_least, require_positive

InitializationName = Literal["default", "xavier", "he", "normal"]


@dataclass(frozen=True)
class Variances:
    """E[z²] = σ_w² E[h²] + σ_b².

    Attributes:
        weight: σ_w² = fan_in · Var W.
        bias: σ_b² = Var b.
    """

    weight: float
    bias: float


def variances(scheme: InitializationName, fan_in: int, fan_out: int, weight_std: float = 1.0) -> Variances:
    """σ_w² = fan_in · Var W and σ_b² = Var b of one fully connected layer.

    ==========  ============================  =====================  ===================================
    scheme      Var W                         Var b                  source
    ==========  ============================  =====================  ===================================
    default     1/(3 fan_in): U(±1/√fan_in)   1/(3 fan_in)           torch.nn.Linear.reset_parameters
    xavier      2/(fan_in + fan_out)          0                      Glorot & Bengio 2010, eq. 12
    he          2/fan_in                      0                      He et al. 2015, eq. 10
    normal      weight_std²/fan_in            0                      Poole et al. 2016, section 2
    ==========  ============================  =====================  ===================================

    Args:
        scheme: one of the names in the table.
        fan_in: the layer's inputs.
        fan_out: the layer's outputs; only xavier looks at it.
        weight_std: σ_w of ``normal``, in units of 1/√fan_in; the others have their own.

    Raises:
        InputError: an unknown scheme, a fan below 1, a weight_std that is not positive.
    """
    require_at_least(1, fan_in=fan_in, fan_out=fan_out)
    require_positive(weight_std=weight_std)
    match scheme:
        case "default":
            return Variances(weight=1 / 3, bias=1 / (3 * fan_in))
        case "xavier":
            return Variances(weight=fan_in * 2 / (fan_in + fan_out), bias=0.0)
        case "he":
            return Variances(weight=2.0, bias=0.0)
        case "normal":
            return Variances(weight=weight_std**2, bias=0.0)
    raise InputError(f"scheme is {scheme!r}; choose from {', '.join(get_args(InitializationName))}")


def mlp_variances(
    scheme: InitializationName,
    in_features: int,
    width: int,
    depth: int,
    out_features: int,
    weight_std: float = 1.0,
    bias: bool = True,
) -> tuple[Variances, ...]:
    """σ_w² and σ_b² of every layer of in_features → width → … → width → out_features.

    Args:
        scheme: how every layer is drawn; see `variances`.
        in_features: the size of the input.
        width: units in each hidden layer.
        depth: how many hidden layers.
        out_features: the size of the output.
        weight_std: σ_w of the scheme ``normal``.
        bias: whether the layers have biases; without them every σ_b² is 0.

    Returns:
        depth + 1 entries: the hidden layers, first to last, and the output layer.

    Raises:
        InputError: a size or depth below 1, or what `variances` refuses.
    """
    require_at_least(1, in_features=in_features, width=width, depth=depth, out_features=out_features)
    sizes = [in_features, *[width] * depth, out_features]
    layers = [variances(scheme, *fans, weight_std) for fans in pairwise(sizes)]
    return tuple(layer if bias else Variances(layer.weight, 0.0) for layer in layers)
