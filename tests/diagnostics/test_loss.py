import pytest
import torch
from torch import nn

from zoo.diagnostics import LossMonitor


def weight_times(network, x):
    return (x * network.weight).sum()


@pytest.fixture
def layer():
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(2.0)
    return network


def still(parameters):
    return torch.optim.SGD(parameters, lr=0.0)


def test_the_loss_of_every_step_is_what_training_step_returns(task, fit, layer, tensorboard, events):
    monitor = LossMonitor()
    fit(task(layer, weight_times, still), monitor, data=[[1.0], [3.0]], logger=tensorboard)
    assert (monitor.steps, monitor.losses) == ([0, 1], [2.0, 6.0])
    assert [(point.step, point.value) for point in events().Scalars("loss/step")] == [(0, 2.0), (1, 6.0)]


def test_over_accumulated_batches_it_is_what_lightning_differentiates(task, fit, layer):
    monitor = LossMonitor()
    module = task(layer, lambda net, x: {"loss": weight_times(net, x)}, still)
    fit(module, monitor, data=[[1.0], [3.0], [5.0], [7.0]], accumulate_grad_batches=2)
    assert (monitor.steps, monitor.losses) == ([0, 1], [4.0, 12.0])


def test_a_step_that_returns_nothing_has_no_record(task, fit, layer):
    monitor = LossMonitor()
    module = task(layer, lambda net, x: weight_times(net, x) if x.item() else None, still)
    fit(module, monitor, data=[[1.0], [0.0], [3.0]])
    assert monitor.losses == [2.0, 6.0]


def test_under_manual_optimization_the_loss_is_what_is_returned(task, fit, layer):
    class Manual(task):
        automatic_optimization = False

        def training_step(self, batch, batch_idx):
            loss = super().training_step(batch, batch_idx)
            self.manual_backward(loss)
            self.optimizers().step()
            return loss

    monitor = LossMonitor()
    fit(Manual(layer, weight_times, still), monitor, data=[[1.0], [3.0]])
    assert (monitor.steps, monitor.losses) == ([0, 1], [2.0, 6.0])
