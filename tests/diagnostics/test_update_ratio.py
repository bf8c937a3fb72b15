import math
from functools import partial

import pytest
import torch
from lightning.pytorch.plugins import MixedPrecision
from torch import nn

from zoo.diagnostics import UpdateRatioMonitor

WEIGHTS = [[3.0, 0.0], [0.0, 4.0]]  # of norm 5
SLOPES = [[0.0, 6.0], [8.0, 0.0]]  # of norm 10


@pytest.fixture
def layer():
    network = nn.Linear(2, 2)
    network.weight.data = torch.tensor(WEIGHTS)
    network.bias.data = torch.tensor([0.0, 2.0])
    return network


def linear(network, x):
    """Its gradient is SLOPES for the weight and (0, 1) for the bias, at every weight."""
    return (torch.tensor(SLOPES) * network.weight).sum() + network.bias[1]


def test_the_ratio_is_that_of_the_step_to_the_weights_with_vectors_apart(task, fit, layer):
    monitor = UpdateRatioMonitor()
    fit(task(layer, linear, partial(torch.optim.SGD, lr=0.5)), monitor, data=[[1.0]])
    assert (monitor.steps, monitor.ratios) == ([0], {"network": [1.0]})  # ½ · 10 / 5
    assert monitor.ratios_1d == {"network": [0.25]}  # ½ · 1 / 2


def test_it_is_the_change_that_is_measured_not_the_gradient(task, fit, layer):
    # Adam's first step moves every entry with a gradient by lr: √2 · 0.01 of the norm 5; 0.01 of 2
    monitor = UpdateRatioMonitor()
    fit(task(layer, linear, partial(torch.optim.Adam, lr=0.01)), monitor, data=[[1.0]], gradient_clip_val=0.1)
    assert monitor.ratios["network"] == [
        pytest.approx(math.sqrt(2) * 0.01 / 5, rel=1e-5)
    ]  # float32's 2 − 0.01
    assert monitor.ratios_1d["network"] == [pytest.approx(0.005, rel=1e-5)]


def test_a_step_that_is_lost_in_rounding_has_the_ratio_zero_and_no_logarithm(
    task, fit, layer, tensorboard, events
):
    layer.weight.data.fill_(1.0)
    monitor = UpdateRatioMonitor()
    module = task(layer, linear, partial(torch.optim.SGD, lr=1e-10))
    fit(module, monitor, data=[[1.0]], logger=tensorboard)
    assert monitor.ratios == {"network": [0.0]}
    assert set(events().Tags()["scalars"]) == {"update_ratio/network", "update_ratio_1d/network"}


def test_weights_of_zero_have_no_ratio(task, fit, layer, tensorboard, events):
    layer.bias.data.zero_()
    monitor = UpdateRatioMonitor()
    module = task(layer, linear, partial(torch.optim.SGD, lr=0.5))
    fit(module, monitor, data=[[1.0], [1.0]], logger=tensorboard)
    assert math.isnan(monitor.ratios_1d["network"][0])
    assert monitor.ratios_1d["network"][1] == 1.0
    assert [point.step for point in events().Scalars("update_ratio_1d/network")] == [1]
    assert [point.step for point in events().Scalars("log10_update_ratio/network")] == [0, 1]


def test_a_step_that_a_loss_scaler_skips_has_no_record(task, fit, layer):
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    monitor = UpdateRatioMonitor()
    fit(
        task(layer, lambda net, x: linear(net, x) * x.sum(), partial(torch.optim.SGD, lr=0.5)),
        monitor,
        data=[[1.0], [math.inf], [1.0]],
        plugins=[MixedPrecision("16-mixed", "cpu", scaler)],
    )
    assert monitor.steps == [0, 2]


def test_of_two_optimizers_each_record_is_that_of_its_own_layers(task, fit):
    class Two(task):
        automatic_optimization = False

        def training_step(self, batch, batch_idx):
            for optimizer in self.optimizers():
                optimizer.zero_grad()
                self.manual_backward(self.loss(self.network, batch))
                optimizer.step()

        def configure_optimizers(self):
            return [torch.optim.SGD(layer.parameters(), lr=0.1) for layer in self.network]

    monitor = UpdateRatioMonitor()
    network = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    fit(Two(network, lambda net, x: net(x).sum()), monitor, data=[[1.0]])
    assert monitor.steps == [0, 1]
    first, second = monitor.ratios["network.0"], monitor.ratios["network.1"]
    assert [math.isnan(ratio) for ratio in first] == [False, True]
    assert [math.isnan(ratio) for ratio in second] == [True, False]


def test_records_are_every_n_steps_apart_and_steps_below_one_are_refused(task, fit, layer):
    monitor = UpdateRatioMonitor(every_n_steps=2)
    fit(task(layer, linear), monitor, data=[[1.0]] * 5)
    assert monitor.steps == [0, 2, 4]
    with pytest.raises(ValueError, match=r"^every_n_steps is 0; it must be at least 1$"):
        UpdateRatioMonitor(every_n_steps=0)
