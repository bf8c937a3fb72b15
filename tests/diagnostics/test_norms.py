import math

import pytest
import torch
from lightning.pytorch.utilities import grad_norm
from torch import nn
from torch.testing import assert_close

from zoo.diagnostics import layer_gradient_norms, norms, total_norm
from zoo.diagnostics.norms import norm


class Root(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([3.0, 4.0]))
        self.child = nn.Linear(1, 1, bias=False)


def linear(*entries, dtype=torch.float64):
    layer = nn.Linear(len(entries), 1, bias=False, dtype=dtype)
    layer.weight.data = torch.tensor([entries], dtype=dtype)
    return layer


def test_half_the_sum_of_squares_has_the_weights_for_its_gradient():
    module = nn.ModuleDict({"a": linear(3.0, 4.0), "b": linear(5.0, 12.0)})
    sum(0.5 * p.square().sum() for p in module.parameters()).backward()
    assert layer_gradient_norms(module) == {"a": 5.0, "b": 13.0}


def test_a_linear_loss_has_its_coefficients_for_gradient():
    layer = linear(0.7, -0.2)
    (torch.tensor([[6.0, 8.0]]) * layer.weight).sum().backward()
    assert layer_gradient_norms(nn.Sequential(layer)) == {"0": 10.0}


def test_two_layers_have_the_norms_found_by_hand():
    # y = w₂ w₁ x with w₁ = 2, w₂ = 3, x = 1 and L = ½y²: ∂L/∂w₁ = y w₂ x = 18, ∂L/∂w₂ = y w₁ x = 12.
    network = nn.Sequential(linear(2.0), linear(3.0))
    (0.5 * network(torch.ones(1, 1, dtype=torch.float64)).square()).sum().backward()
    assert layer_gradient_norms(network) == {"0": 18.0, "1": 12.0}


def test_weight_and_bias_of_a_layer_are_one_vector():
    layer = nn.Linear(1, 1)
    (3 * layer.weight + 4 * layer.bias).sum().backward()
    assert layer_gradient_norms(nn.Sequential(layer)) == {"0": 5.0}


def test_parameters_of_the_root_go_by_the_name_of_its_class():
    module = Root()
    (0.5 * module.scale.square()).sum().backward()
    assert layer_gradient_norms(module) == {"Root": 5.0}


def test_layers_without_a_gradient_are_left_out():
    assert layer_gradient_norms(nn.Sequential(nn.Linear(2, 2), nn.ReLU())) == {}


def test_frozen_parameters_do_not_count():
    layer = nn.Linear(1, 1)
    (3 * layer.weight + 4 * layer.bias).sum().backward()
    layer.bias.requires_grad_(False)
    assert layer_gradient_norms(nn.Sequential(layer)) == {"0": 3.0}


def test_shared_parameters_count_once_with_the_first_layer():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    module = nn.Sequential(first, second)
    module(torch.ones(1, 2)).sum().backward()
    found = layer_gradient_norms(module)
    bias = second.bias.grad.norm().item()
    assert found["1"] == pytest.approx(bias, rel=1e-6)
    whole = torch.nn.utils.get_total_norm([p.grad for p in module.parameters()]).item()
    assert total_norm(found) == pytest.approx(whole, rel=1e-6)


def test_a_layer_used_under_two_names_counts_once():
    layer = linear(3.0, 4.0)
    (0.5 * layer.weight.square()).sum().backward()
    assert layer_gradient_norms(nn.ModuleDict({"a": layer, "b": layer})) == {"a": 5.0}


def test_norms_are_lightnings_and_clippings():
    network = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 4))
    network(torch.randn(5, 8)).square().sum().backward()
    found = layer_gradient_norms(network)
    lightnings = {name: float(n) for name, n in grad_norm(network, 2).items()}
    # rel 1e-6: theirs are float32, whose roundoff is 6e-8
    for layer in ("0", "2"):
        weight, bias = (lightnings[f"grad_2.0_norm/{layer}.{kind}"] for kind in ("weight", "bias"))
        assert found[layer] == pytest.approx(math.hypot(weight, bias), rel=1e-6)
    clippings = torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0).item()
    assert total_norm(found) == pytest.approx(clippings, rel=1e-6)
    assert total_norm(found) == pytest.approx(lightnings["grad_2.0_norm_total"], rel=1e-6)


@pytest.mark.parametrize("entry", [1e-30, 1e-40, 1e30])
def test_norm_stays_right_where_float32s_own_is_zero_or_infinite(entry):
    tensor = torch.full((4,), entry)
    assert tensor.norm().item() in (0.0, math.inf)
    assert norm(tensor).item() == 2 * tensor[0].item()


@pytest.mark.parametrize("entry", [1e-200, 5e-324, 1e200, 4e307])
def test_norm_stays_right_where_float64s_squares_leave_the_range(entry):
    tensor = torch.full((4,), entry, dtype=torch.float64)
    assert tensor.norm().item() in (0.0, math.inf)
    assert norm(tensor).item() == 2 * entry


@pytest.mark.parametrize("entry", [1e-30, 1e30])
def test_a_device_without_float64_gets_the_same_from_float32(monkeypatch, entry):
    monkeypatch.setattr(norms, "DEVICES_WITHOUT_FLOAT64", frozenset({"cpu"}))
    tensor = torch.full((4,), entry)
    assert norm(tensor).dtype == torch.float32
    assert norm(tensor).item() == 2 * tensor[0].item()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_norm_of_any_precision_is_a_float64_number(dtype):
    found = norm(torch.tensor([300.0, 400.0], dtype=dtype))
    assert found.dtype == torch.float64
    assert found.item() == 500.0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_norm_of_nan_of_infinity_of_zero_and_of_nothing(dtype):
    entries = ([1.0, math.nan], [1.0, math.inf], [0.0, 0.0], [])
    found = torch.stack([norm(torch.tensor(e, dtype=dtype)) for e in entries])
    assert_close(found, torch.tensor([math.nan, math.inf, 0.0, 0.0], dtype=torch.float64), equal_nan=True)


def test_a_row_looked_up_twice_in_a_sparse_embedding_counts_with_its_sum():
    table = nn.Embedding(5, 2, sparse=True)
    table(torch.tensor([1, 1, 3])).sum().backward()
    assert table.weight.grad.is_sparse
    # rows (2, 2) and (1, 1)
    assert layer_gradient_norms(nn.Sequential(table)) == {"0": pytest.approx(math.sqrt(10), rel=1e-15)}


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_complex_gradients_count_with_both_parts(dtype):
    layer = Root()
    layer.scale = nn.Parameter(torch.tensor([3 + 4j], dtype=dtype))
    layer.scale.grad = layer.scale.detach().conj()
    assert layer_gradient_norms(layer) == {"Root": 5.0}


def test_total_norm_neither_underflows_nor_overflows():
    assert total_norm({"a": 3e200, "b": 4e200}) == pytest.approx(5e200, rel=1e-15)
    assert total_norm({"a": 3e-200, "b": 4e-200}) == pytest.approx(5e-200, rel=1e-15)
    assert total_norm({}) == 0.0
