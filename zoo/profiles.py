"""What mean-field theory predicts of a run's `zoo.models.MLP`, and how far a finite width may stray."""

import math
from typing import Any

from torch import Tensor

from zoo.errors import InputError
from zoo.models import MLP
from zoo.run import Run
from zoo.theory import fluctuations, mean_field
from zoo.theory.initialization import Variances, mlp_variances

SPREAD = "finite width: the bias of a logarithm, and four standard errors over seeds"

# log10 of the smallest norm whose entries are normal numbers.
SMALLEST_LEFT = {"32-true": -35, "64-true": -300}


def run_profile(run: Run[Any]) -> mean_field.Profile:
    """The profile of the run's network at initialization, on the run's data.

    Raises:
        InputError: a network that is no average over many units that come out alike: too few of them are not
            saturated; a deep silu or gelu near He's variance, whose q dies out or explodes by chance; or
            batches so small that a network so sure of itself may be right in all of one, and send nothing.
    """
    network: MLP = run.model.network
    found = mlp_profile(network, run.datamodule.x)  # type: ignore[attr-defined]
    activation, std = network.activation, math.sqrt(mlp_layers(network)[1].weight)
    if activation in ("silu", "gelu") and network.depth >= 10 and 1.2 < std <= 2:
        raise InputError(
            f"{activation} at σ_w = {std:.3g} and depth {network.depth} dies out or explodes by chance in "
            f"{run.variant}; choose another model.network.initialization"
        )
    q = max(found.preactivation_variances[:-1])
    units = (1 - mean_field.saturated_share(activation, q)) * network.width
    if units < 5:
        raise InputError(
            f"of {network.width} units in a layer of {run.variant}, {units:.1f} are not saturated: too few "
            "for laws of averages; raise model.network.width or lower weight_std"
        )
    logits, batch = found.preactivation_variances[-1], run.datamodule.batch_size  # type: ignore[attr-defined]
    if logits > 10 and batch < 16:
        raise InputError(
            f"data.batch_size is {batch} in {run.variant}, whose logits have the variance {logits:.3g}: it "
            "may be right in all of a batch, and then sends no gradient; choose 16 or more"
        )
    return found


def log10_signal_left(run: Run[Any], profile: mean_field.Profile) -> float:
    """log10 ‖δ_1‖/‖δ_L‖ as the profile has it.

    Raises:
        InputError: it is too small for the run's precision.
    """
    ratio = mean_field.log10_signal_ratio(profile)
    if ratio < SMALLEST_LEFT[run.trainer.precision]:
        left = f"{run.variant} is predicted to leave 1e{ratio:.0f} of the gradient, too little for "
        raise InputError(f"{left}{run.trainer.precision}; lower model.network.depth")
    return ratio


def mlp_profile(network: MLP, x: Tensor) -> mean_field.Profile:
    """The profile of a network at initialization.

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


def ratio_tolerance(network: MLP, data: Any, profile: mean_field.Profile, seeds: int) -> float:
    """How far log10 ‖δ_1‖/‖δ_L‖, averaged over so many seeds, may stray from `mean_field.log10_signal_ratio`.

    Args:
        network: only its arguments are read.
        data: what it is trained on, with x, batch_size and classes.
        profile: of this network on these data.
        seeds: how many networks are drawn.
    """
    return fluctuations.log10_ratio_tolerance(
        network.activation,
        mlp_layers(network),
        profile,
        fluctuations.mean_correlation(data.x),
        batch=data.batch_size,
        width=network.width,
        classes=data.classes,
        seeds=seeds,
    )
