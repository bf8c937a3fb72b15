import math
from types import SimpleNamespace

import pytest
import torch

from zoo.errors import InputError
from zoo.models import MLP
from zoo.profiles import mlp_profile, ratio_tolerance, run_profile
from zoo.theory.mean_field import log10_signal_ratio


def data(x):
    """What a tolerance reads of a LightningDataModule."""
    return SimpleNamespace(x=x, batch_size=len(x), classes=5)


def backward_ratio(network, x):
    """log10 ‖δ_1‖/‖δ_L‖ of the output's sum, by autograd alone."""
    z = [network.hidden[0](x)]
    for layer in network.hidden[1:]:
        z.append(layer(network.phi(z[-1])))
    target = torch.randn(len(x), network.out_features, dtype=x.dtype)
    loss = (network.output(network.phi(z[-1])) * target).sum()
    first, last = torch.autograd.grad(loss, [z[0], z[-1]])
    return math.log10(first.norm() / last.norm())


@pytest.mark.parametrize("initialization", ["default", "xavier", "he"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "gelu"])
def test_a_drawn_network_is_as_near_its_profile_as_the_tolerance_says(activation, initialization):
    torch.manual_seed(0)
    x = torch.randn(32, 20, dtype=torch.float64)
    networks = [MLP(20, 5, 8, 64, activation, initialization).double() for _ in range(5)]
    profile = mlp_profile(networks[0], x)
    measured = sum(backward_ratio(network, x) for network in networks) / 5
    assert abs(measured - log10_signal_ratio(profile)) <= ratio_tolerance(networks[0], data(x), profile, 5)


def test_the_tolerance_would_not_let_another_activation_pass():
    x = torch.randn(32, 20)
    tanh, relu = (MLP(20, 5, 8, 64, name) for name in ("tanh", "relu"))
    gap = abs(log10_signal_ratio(mlp_profile(tanh, x)) - log10_signal_ratio(mlp_profile(relu, x)))
    assert gap > 2 * ratio_tolerance(relu, data(x), mlp_profile(relu, x), 3)


def test_more_seeds_and_more_width_leave_less_room():
    x = torch.randn(32, 20)
    narrow, wide = MLP(20, 5, 8, 64), MLP(20, 5, 8, 256)
    profile = mlp_profile(narrow, x)
    one_seed = ratio_tolerance(narrow, data(x), profile, 1)
    assert ratio_tolerance(narrow, data(x), profile, 9) < one_seed
    assert ratio_tolerance(wide, data(x), mlp_profile(wide, x), 1) < one_seed


def test_only_the_arguments_of_the_network_are_read():
    x, network = torch.randn(8, 20), MLP(20, 5, 4, 16, "tanh")
    before = mlp_profile(network, x)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    assert mlp_profile(network, x) == before


def deep(weight_std):
    """What a profile reads of a run with a silu network of depth 10."""
    network = MLP(20, 5, 10, 64, "silu", "normal", weight_std)
    x = torch.randn(32, 20, generator=torch.Generator().manual_seed(0))
    return SimpleNamespace(variant="deep", model=SimpleNamespace(network=network), datamodule=data(x))


@pytest.mark.parametrize("weight_std", [1.1, 2.5])
def test_a_deep_silu_network_away_from_he_has_a_profile(weight_std):
    run = deep(weight_std)
    assert run_profile(run) == mlp_profile(run.model.network, run.datamodule.x)


@pytest.mark.parametrize("weight_std", [1.3, 2.0])
def test_a_deep_silu_network_near_he_has_none(weight_std):
    with pytest.raises(InputError, match="dies out or explodes by chance in deep"):
        run_profile(deep(weight_std))
