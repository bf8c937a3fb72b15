import pytest
import torch
from torch import nn
from torch.testing import assert_close

from zoo.errors import InputError
from zoo.models import XorNetworks
from zoo.theory.xor import TARGETS


def test_each_loss_is_that_of_an_ordinary_network_with_the_same_weights():
    networks = XorNetworks(hidden=3, copies=5)
    for point, loss in zip(networks.point.detach(), networks.losses(), strict=True):
        one = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).double()
        with torch.no_grad():
            one[0].weight.copy_(point[:6].reshape(3, 2))
            one[0].bias.copy_(point[6:9])
            one[2].weight.copy_(point[9:12].reshape(1, 3))
            one[2].bias.copy_(point[12:])
        x = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)
        assert_close(loss, nn.functional.mse_loss(one(x)[:, 0], torch.tensor(TARGETS).double()))


def test_their_losses_add_up_and_none_feels_another():
    networks = XorNetworks(copies=4)
    assert_close(networks(), networks.losses().sum())
    (gradient,) = torch.autograd.grad(networks.losses()[1], networks.point)
    assert (gradient != 0).any(dim=1).tolist() == [False, True, False, False]


def test_two_units_can_solve_it():
    networks = XorNetworks()
    solution = [1.0, 1.0, 1.0, 1.0, 0.0, -1.0, 1.0, -2.0, 0.0]  # relu(x₁ + x₂) − 2 relu(x₁ + x₂ − 1)
    with torch.no_grad():
        networks.point.copy_(torch.tensor([solution]))
    assert networks.losses().tolist() == [0]


def test_they_start_as_pytorchs_layers_do():
    torch.manual_seed(0)
    point = XorNetworks(hidden=4, copies=4000).point.detach()
    assert point.shape == (4000, 17)
    assert point.dtype == torch.float64
    bounds = torch.tensor([0.5**0.5] * 12 + [0.5] * 5, dtype=torch.float64)
    largest = point.abs().amax(dim=0) / bounds
    assert bool(((largest > 0.99) & (largest <= 1)).all())
    variance = (bounds**2 / 3).expand(17)  # four standard errors of a uniform's variance: √(4/5/n) of it
    assert_close(point.var(dim=0), variance, rtol=4 * (0.8 / 4000) ** 0.5, atol=0)


def test_only_the_point_is_learnt_and_one_that_is_far_out_has_escaped():
    networks = XorNetworks(copies=3)
    assert [name for name, _ in networks.named_parameters()] == ["point"]
    assert not networks.escaped(10)
    with torch.no_grad():
        networks.point[1, 2] = -10
    assert networks.escaped(10)


@pytest.mark.parametrize("sizes", [{"hidden": 0}, {"copies": 0}])
def test_sizes_below_one_are_refused(sizes):
    with pytest.raises(InputError, match="it must be at least 1"):
        XorNetworks(**sizes)
