import math
from typing import get_args

import pytest
import torch
from torch.testing import assert_close

from zoo.calculus import activations
from zoo.calculus.activations import ActivationName
from zoo.calculus.layers import linear
from zoo.models import MLP
from zoo.theory.initialization import InitializationName, variances

# Var W of a layer with 300 inputs and 500 outputs: 2/(fan_in + fan_out), 2/fan_in, 1/(3 fan_in), 1.5²/fan_in.
VARIANCES = {"xavier": 0.0025, "he": 0.0066667, "default": 0.00111111, "normal": 0.0075}


def layers(network):
    return [*network.hidden, network.output]


def within_sampling_error(sample, variance):
    """Whether a sample has this variance, to four standard errors √(2/N); a uniform one strays less."""
    n = sample.numel()
    return abs(float(sample.double().var()) / variance - 1) < 4 * math.sqrt(2 / n)


@pytest.mark.parametrize(("initialization", "variance"), VARIANCES.items())
def test_weights_have_the_variance_of_their_initialization_and_no_mean(initialization, variance):
    torch.manual_seed(0)
    weight = MLP(300, 10, 1, 500, initialization=initialization, weight_std=1.5).hidden[0].weight.detach()
    assert weight.shape == (500, 300)
    assert within_sampling_error(weight, variance)
    assert abs(float(weight.double().mean())) < 4 * math.sqrt(
        variance / weight.numel()
    )  # four standard errors


def test_the_check_of_the_variance_tells_2_over_fan_in_from_2_over_fan_out():
    torch.manual_seed(0)
    weight = MLP(300, 10, 1, 500, initialization="he").hidden[0].weight.detach()
    assert not within_sampling_error(weight, 2 / 500)


@pytest.mark.parametrize("initialization", get_args(InitializationName))
def test_every_layer_is_drawn_as_theory_says(initialization):
    torch.manual_seed(1)
    for layer in layers(MLP(100, 60, 3, 200, initialization=initialization, weight_std=0.5)):
        expected = variances(initialization, layer.in_features, layer.out_features, weight_std=0.5)
        assert within_sampling_error(layer.weight.detach(), expected.weight / layer.in_features)
        if expected.bias:
            assert within_sampling_error(layer.bias.detach(), expected.bias)
        else:
            assert not layer.bias.any()


def test_pytorchs_own_weights_stay_within_one_over_the_root_of_fan_in_and_others_do_not():
    torch.manual_seed(0)
    bound = 1 / math.sqrt(300)
    default, normal = (MLP(300, 10, 1, 500, initialization=i).hidden[0] for i in ("default", "normal"))
    assert max(default.weight.abs().max(), default.bias.abs().max()) <= bound
    assert normal.weight.abs().max() > 3 * bound  # 150 000 draws reach beyond three deviations


def test_layers_have_the_names_that_curves_and_docstrings_have():
    network = MLP(7, 3, depth=3, width=5)
    shapes = {name: tuple(p.shape) for name, p in network.named_parameters()}
    assert shapes == {
        "hidden.0.weight": (5, 7),
        "hidden.0.bias": (5,),
        "hidden.1.weight": (5, 5),
        "hidden.1.bias": (5,),
        "hidden.2.weight": (5, 5),
        "hidden.2.bias": (5,),
        "output.weight": (3, 5),
        "output.bias": (3,),
    }


@pytest.mark.parametrize("initialization", get_args(InitializationName))
def test_without_bias_no_layer_has_one(initialization):
    network = MLP(7, 3, depth=2, width=5, bias=False, initialization=initialization)
    assert [name for name, _ in network.named_parameters()] == [
        "hidden.0.weight",
        "hidden.1.weight",
        "output.weight",
    ]


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("name", get_args(ActivationName))
def test_forward_is_the_composition_of_layers_and_activations_by_hand(name, depth):
    torch.manual_seed(0)
    network = MLP(7, 3, depth, 5, activation=name).double()
    x = torch.randn(4, 7, dtype=torch.float64)
    first, *others = [(layer.weight, layer.bias) for layer in layers(network)]
    z = linear(x, *first)  # of the input itself, not of φ of it
    for w, b in others:
        z = linear(getattr(activations, name)(z), w, b)
    assert_close(network(x), z, rtol=1e-13, atol=1e-14)  # the same sums, in another order
    assert network(x).shape == (4, 3)


def test_images_are_flattened():
    network = MLP(in_features=12, out_features=3, depth=1, width=5)
    images = torch.randn(4, 3, 2, 2)
    assert torch.equal(network(images), network(images.reshape(4, 12)))


def test_a_network_knows_its_settings():
    settings = {"in_features": 7, "out_features": 3, "depth": 2, "width": 5, "activation": "elu"}
    settings |= {"initialization": "normal", "weight_std": 0.5, "bias": False}
    network = MLP(**settings)
    assert {name: getattr(network, name) for name in settings} == settings


@pytest.mark.parametrize("size", ["in_features", "out_features", "depth", "width"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_size_below_one_is_refused(size, value):
    with pytest.raises(ValueError, match=f"^{size} is {value}; it must be at least 1$"):
        MLP(**{size: value})


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"activation": "rleu"}, r"^activation is 'rleu'; choose one of sigmoid, .*relu"),
        ({"activation": "math"}, r"^activation is 'math'; choose one of"),
        (
            {"initialization": "kaiming"},
            "^initialization is 'kaiming'; choose one of default, xavier, he, normal$",
        ),
        (
            {"initialization": "normal", "weight_std": -0.1},
            "^weight_std is -0.1; a standard deviation is 0 or more$",
        ),
    ],
)
def test_what_is_unknown_or_senseless_is_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        MLP(**arguments)
