import math

import pytest
import torch
from torch import nn

from zoo.diagnostics import NonFiniteMonitor
from zoo.diagnostics.nonfinite import Found

FIRST = "The first number that is not finite: "


class Root(nn.Module):
    """√x, whose slope at 0 is infinite."""

    def forward(self, x):
        return x.sqrt()


def output(network, x):
    return network(x).sum()


def found(task, fit, network, data, loss=output, **settings):
    monitor = NonFiniteMonitor()
    fit(task(network, loss), monitor, data=data, **settings)
    return monitor.first


def ones(*layers):
    network = nn.Sequential(*layers)
    for parameter in network.parameters():
        nn.init.ones_(parameter)
    return network


def test_numbers_that_are_all_finite_are_not_found(task, fit):
    assert found(task, fit, ones(nn.Linear(1, 1), nn.Tanh()), [[1.0], [3e38]]) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_batch_is_found_before_what_it_does_to_the_network(task, fit, value):
    with pytest.warns(UserWarning, match=rf"^{FIRST}the batch, at step 1, has (NaN|infinity)\.$"):
        first = found(task, fit, ones(nn.Linear(1, 1)), [[1.0], [value], [1.0]])
    assert first[:3] == (1, "batch", "")
    assert str(first.value) == str(abs(value))


def test_an_output_is_found_at_the_innermost_module_that_has_it(task, fit):
    network = ones(nn.Linear(1, 1), nn.Sequential(nn.Identity(), Root()), nn.Linear(1, 1))
    with pytest.warns(UserWarning, match=rf"^{FIRST}the output of network\.1\.1, at step 0, has NaN\.$"):
        first = found(task, fit, network, [[-2.0]])
    assert first[:3] == (0, "forward", "network.1.1")


def test_a_frozen_part_in_evaluation_mode_is_looked_at_too(task, fit):
    class PartlyFrozen(task):
        def on_train_start(self):
            self.network[1].eval()

    monitor = NonFiniteMonitor()
    with pytest.warns(UserWarning, match=FIRST):
        fit(PartlyFrozen(ones(nn.Linear(1, 1), Root()), output), monitor, data=[[-2.0]])
    assert monitor.first[:3] == (0, "forward", "network.1")


def test_a_gradient_is_found_where_every_output_is_finite(task, fit):
    network = ones(nn.Linear(1, 1, bias=False), Root())
    with pytest.warns(
        UserWarning, match=rf"^{FIRST}the gradient of network\.0\.weight, at step 0, has NaN\.$"
    ):
        first = found(task, fit, network, [[0.0]])  # 0 from the layer, ∞ from the root: 0 · ∞
    assert first[:3] == (0, "gradient", "network.0.weight")


def test_what_a_batch_showed_is_kept_when_it_raises(task, fit):
    def fails(network, x):
        network(x)
        raise RuntimeError("on purpose")

    monitor = NonFiniteMonitor()
    with pytest.warns(UserWarning, match=FIRST), pytest.raises(RuntimeError, match="on purpose"):
        fit(task(ones(Root(), nn.Linear(1, 1)), fails), monitor, data=[[-1.0]])
    assert monitor.first == Found(0, "forward", "network.0", pytest.approx(math.nan, nan_ok=True))


def test_every_batch_has_its_count_also_where_modules_take_turns(task, fit, tensorboard, events):
    network = ones(Root(), nn.Linear(1, 1))

    def by_turns(network, x):
        return network(x).sum() if x < 0 else network[1](x).sum()

    with pytest.warns(UserWarning, match=FIRST):
        first = found(task, fit, network, [[1.0], [-1.0], [1.0]], by_turns, logger=tensorboard)
    assert first[:3] == (1, "forward", "network.0")
    counts = [(point.step, point.value) for point in events().Scalars("nonfinite/tensors")]
    # of the second batch two outputs, the whole network's and both gradients, after which weights are NaN:
    # the third has one output, and the gradient of the bias, which is 1, is finite as that of the weight is
    assert counts == [(0, 0), (1, 4), (2, 1)]


def test_validation_is_not_looked_at(task, fit):
    class Validated(task):
        def validation_step(self, batch, batch_idx):
            self.network(batch)

        def val_dataloader(self):
            return torch.utils.data.DataLoader(torch.full((2, 1), -9.0))

    monitor = NonFiniteMonitor()
    fit(Validated(ones(nn.Linear(1, 1), Root()), output), monitor, data=[[1.0]] * 4, val_check_interval=2)
    assert monitor.first is None
