"""What mean-field theory predicts of a `zoo.models.MLP`, and how far a finite width may stray from it."""

import math

from torch import Tensor

from zoo.models import MLP
from zoo.theory import mean_field
from zoo.theory.initialization import Variances, mlp_variances


def mlp_profile(network: MLP, x: Tensor) -> mean_field.Profile:
    """The profile of the network at initialization.

    Args:
        network: only its arguments are read, never its weights.
        x: the inputs that it will see, of any shape; only the mean of their squares matters.
    """
    return mean_field.propagate(network.activation, mlp_layers(network), float((x.double() ** 2).mean()))


def mlp_layers(network: MLP) -> tuple[Variances, ...]:
    """σ_w² and σ_b² of the network's hidden layers and its output layer, as they are drawn."""
    n = network
    return mlp_variances(
        n.initialization, n.in_features, n.width, n.depth, n.out_features, n.weight_std, n.bias
    )


def ratio_tolerance(network: MLP, profile: mean_field.Profile, seeds: int) -> float:
    """How far log10 ‖δ_1‖/‖δ_L‖, averaged over seeds, may stray from `mean_field.log10_signal_ratio`.

    With v_l/N the relative variance of layer l's squared gain, ln of the product is biased by −½ Σ v_l/N and
    has variance Σ v_l/N: its bias and three standard errors of the mean, halved and in decades. (Hanin &
    Nica 2020)
    """
    variances = profile.preactivation_variances[: network.depth - 1]
    bias = -sum(mean_field.finite_width_bias(network.activation, q, network.width) for q in variances)
    return (bias + 3 * math.sqrt(2 * bias / seeds)) / (2 * math.log(10))
