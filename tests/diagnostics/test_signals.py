import math

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from zoo.diagnostics import SignalRecorder
from zoo.diagnostics.norms import joint_norm


def to_numbers(*groups):
    return [{name: joint_norm(own).item() for name, own in group.items() if own} for group in groups]


def record(module, run):
    """Outputs and inputs, layer name → norm, of what run does with the module."""
    recorder = SignalRecorder()
    recorder.attach(module)
    run()
    recorder.detach()
    outputs, inputs = to_numbers(recorder.outputs, recorder.inputs)
    return outputs, inputs


def scalar(weight):
    layer = nn.Linear(1, 1, bias=False, dtype=torch.float64)
    nn.init.constant_(layer.weight, weight)
    return layer


ONE = torch.ones(1, 1, dtype=torch.float64)


def test_signals_are_those_found_by_hand():
    # z₁ = 3x, h = z₁², z₂ = 2h, L = z₂ at x = 1: ∂L/∂z₂ = 1, ∂L/∂h = 2, ∂L/∂z₁ = 2 · 2z₁ = 12.
    module = nn.ModuleList([scalar(3.0), scalar(2.0)])
    outputs, inputs = record(module, lambda: module[1](module[0](ONE).square()).sum().backward())
    assert outputs == {"0": 12.0, "1": 1.0}
    assert inputs == {"1": 2.0}


def test_the_gain_is_the_activations_factor_times_the_weights():
    network = nn.Sequential(nn.Linear(4, 8), nn.Sigmoid(), nn.Linear(8, 3)).double()
    x = torch.randn(5, 4, dtype=torch.float64)
    outputs, inputs = record(network, lambda: network(x).square().sum().backward())
    assert outputs["0"] / inputs["2"] <= 0.25  # σ′ ≤ ¼
    assert inputs["2"] / outputs["2"] <= torch.linalg.matrix_norm(network[2].weight, 2).item()


def test_calls_of_one_layer_combine_as_the_root_of_the_sum_of_squares():
    # L = 3 z(1) + 4 z(1) of one layer: its outputs receive 3 and 4.
    layer = scalar(1.0)
    outputs, _ = record(layer, lambda: (3 * layer(ONE) + 4 * layer(ONE)).sum().backward())
    assert outputs == {"Linear": 5.0}


def test_the_path_around_a_layer_is_part_of_its_inputs_gradient():
    # L = x + 2x of one x: ∂L/∂x = 3, of which 2 comes through the layer.
    layer, x = scalar(2.0), ONE.clone().requires_grad_()
    _, inputs = record(layer, lambda: (x + layer(x)).sum().backward())
    assert inputs == {"Linear": 3.0}


def test_one_tensor_given_twice_to_a_layer_counts_once():
    # L = 2x + 2x of one x: ∂L/∂x = 4
    layer, x = scalar(2.0), ONE.clone().requires_grad_()
    _, inputs = record(layer, lambda: (layer(x) + layer(x)).sum().backward())
    assert inputs == {"Linear": 4.0}


@pytest.mark.parametrize("reentrant", [False, True])
def test_a_call_that_checkpointing_repeats_counts_once(reentrant):
    network = nn.Sequential(scalar(3.0), scalar(2.0))

    def run():
        checkpoint(network[1], network[0](ONE), use_reentrant=reentrant).sum().backward()

    assert record(network, run) == ({"0": 2.0, "1": 1.0}, {"1": 2.0})


def test_a_call_without_gradient_does_not_count_beside_one_with():
    # L = 3x, beside a teacher that sees x too: ∂L/∂x = 3 is no signal of the teacher's.
    layers, x = nn.ModuleDict({"student": scalar(3.0), "teacher": scalar(5.0)}), ONE.clone().requires_grad_()

    def run():
        with torch.no_grad():
            layers["teacher"](x)
        layers["student"](x).sum().backward()

    assert record(layers, run) == ({"student": 1.0}, {"student": 3.0})


def test_of_several_outputs_the_first_tensor_counts():
    lstm = nn.LSTM(2, 3)
    x = torch.randn(4, 1, 2)
    outputs, _ = record(lstm, lambda: lstm(x)[0].sum().backward())
    assert outputs == {"LSTM": pytest.approx(math.sqrt(12), rel=1e-15)}  # ∂L/∂h is 1 in 4 × 3 places


class Wrapped(nn.Module):
    """w·x, given and returned in a dict or a list."""

    def __init__(self, container):
        super().__init__()
        self.weight, self.container = nn.Parameter(torch.tensor(2.0)), container

    def forward(self, *, mask, x):
        y = self.weight * x
        return {"mask": mask, "y": y} if self.container is dict else [mask, y]


@pytest.mark.parametrize("container", [dict, list])
def test_inputs_given_by_name_and_outputs_in_a_container_are_seen(container):
    layer, x = Wrapped(container), torch.tensor(1.0, requires_grad=True)
    y = {dict: "y", list: 1}[container]
    outputs, inputs = record(layer, lambda: layer(mask=torch.tensor(True), x=x)[y].backward())
    assert (outputs, inputs) == ({"Wrapped": 1.0}, {"Wrapped": 2.0})


def test_an_activation_that_writes_into_its_input_is_seen_through():
    network = nn.Sequential(scalar(3.0), nn.ReLU(inplace=True), scalar(2.0))
    outputs, inputs = record(network, lambda: network(ONE).sum().backward())
    assert (outputs, inputs) == ({"0": 2.0, "2": 1.0}, {"2": 2.0})


def test_a_frozen_layer_passes_signals_on():
    network = nn.Sequential(scalar(3.0), scalar(2.0).requires_grad_(False))
    outputs, inputs = record(network, lambda: network(ONE).sum().backward())
    assert (outputs, inputs) == ({"0": 2.0, "1": 1.0}, {"1": 2.0})


def test_nothing_is_recorded_where_nothing_requires_a_gradient():
    network = nn.Sequential(scalar(3.0), scalar(2.0))
    with torch.no_grad():
        assert record(network, lambda: network(ONE)) == ({}, {})
    with torch.inference_mode():
        assert record(network, lambda: network(ONE)) == ({}, {})
    network.requires_grad_(False)
    assert record(network, lambda: network(ONE)) == ({}, {})


def test_layers_that_return_no_tensor_are_let_be():
    class Silent(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, x):
            return None

    assert record(module := Silent(), lambda: module("no tensor")) == ({}, {})


def test_a_generator_that_a_layer_returns_is_not_used_up():
    class Lazy(nn.Linear):
        def forward(self, x):
            return (super(Lazy, self).forward(row) for row in x)

    kept = []
    layer = Lazy(1, 1)
    record(layer, lambda: kept.extend(layer(torch.ones(3, 1))))
    assert len(kept) == 3


def test_signals_too_small_for_float32s_squares_are_not_zero():
    layer = nn.Linear(1, 1, bias=False)
    outputs, _ = record(layer, lambda: (1e-30 * layer(torch.ones(1, 1))).sum().backward())
    assert outputs == {"Linear": pytest.approx(1e-30, rel=1e-7)}  # 1e-30 as a float32


def test_layers_stand_in_the_modules_order():
    network = nn.Sequential(scalar(1.0), scalar(1.0), scalar(1.0))
    outputs, _ = record(network, lambda: network(ONE).sum().backward())
    assert list(outputs) == ["0", "1", "2"]


def test_attaching_twice_records_once(hooks):
    recorder, layer = SignalRecorder(), scalar(1.0)
    recorder.attach(layer)
    recorder.attach(layer)
    layer(ONE).sum().backward()
    assert len(recorder.outputs["Linear"]) == 1
    recorder.detach()
    assert hooks(layer) == 0


def test_clear_forgets_and_detach_does_not():
    recorder, layer = SignalRecorder(), scalar(1.0)
    recorder.attach(layer)
    layer(ONE).sum().backward()
    recorder.detach()
    layer(ONE).sum().backward()
    assert len(recorder.outputs["Linear"]) == 1
    recorder.clear()
    assert recorder.outputs == {"Linear": []}


def test_a_parameter_as_input_counts_once_a_pass_and_keeps_no_hook():
    query, layer = nn.Parameter(torch.ones(1, 1, dtype=torch.float64)), scalar(3.0)
    recorder = SignalRecorder()
    for _ in range(3):  # as a monitor does, batch after batch
        recorder.attach(layer)
        layer(query).sum().backward()
        assert to_numbers(recorder.inputs) == [{"Linear": 3.0}]
        recorder.clear()
    recorder.detach()
    layer(query).sum().backward()
    assert to_numbers(recorder.inputs) == [{}]
    assert not query._backward_hooks
