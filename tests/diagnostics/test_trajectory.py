from functools import partial

import pytest
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch import nn
from torch.testing import assert_close

from zoo.diagnostics import ParameterTrajectory

SGD = partial(torch.optim.SGD, lr=0.1)


def bowl(layer, batch):
    """½ Σ w², whose gradient is w."""
    return 0.5 * sum(p.square().sum() for p in layer.parameters())


def line(*entries):
    layer = nn.Linear(len(entries), 1, bias=False, dtype=torch.float64)
    layer.weight.data = torch.tensor([entries], dtype=torch.float64)
    return layer


def test_gradient_descent_in_a_bowl_shrinks_every_coordinate_alike(task, fit):
    trajectory = ParameterTrajectory()
    fit(task(line(3.0, -4.0), bowl, SGD), trajectory, data=torch.ones(5, 1))
    t = torch.arange(6, dtype=torch.float64)[:, None]
    expected = 0.9**t * torch.tensor([3.0, -4.0], dtype=torch.float64)
    assert_close(trajectory.points, expected, rtol=1e-14, atol=0)  # five roundings
    assert torch.equal(trajectory.gradients, trajectory.points[:-1])


def test_the_gradient_is_that_before_clipping(task, fit):
    trajectory = ParameterTrajectory()
    fit(task(line(3.0, -4.0), bowl, SGD), trajectory, data=torch.ones(1, 1), gradient_clip_val=1.0)
    assert trajectory.gradients.tolist() == [[3.0, -4.0]]
    moved = trajectory.points[1] - trajectory.points[0]
    assert moved.norm().item() == pytest.approx(0.1, rel=1e-6)  # PyTorch divides by ‖g‖ + 1e-6


def test_accumulated_batches_are_one_step(task, fit):
    trajectory = ParameterTrajectory()
    fit(task(line(1.0), bowl, SGD), trajectory, data=torch.ones(4, 1), accumulate_grad_batches=2)
    assert trajectory.points.shape == (3, 1)
    assert trajectory.gradients.shape == (2, 1)


def test_names_say_the_order_and_frozen_parameters_are_left_out(task, fit):
    network = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1), nn.Linear(1, 1))
    network[1].requires_grad_(False)
    trajectory = ParameterTrajectory()
    fit(task(network, lambda net, batch: bowl(net[0], batch), SGD), trajectory)
    assert trajectory.names == ["network.0.weight", "network.0.bias", "network.2.weight", "network.2.bias"]
    assert trajectory.points.shape == (3, 5)
    last = torch.cat([p.flatten() for layer in (network[0], network[2]) for p in layer.parameters()])
    assert torch.equal(trajectory.points[-1], last.detach().double())
    assert torch.equal(
        trajectory.gradients[:, 3:], torch.zeros(2, 2, dtype=torch.float64)
    )  # the unused layer's


def test_a_sparse_gradient_has_its_rows_in_their_places(task, fit):
    trajectory = ParameterTrajectory()
    table = nn.Embedding(3, 2, sparse=True)
    fit(task(table, lambda net, x: net(x).sum(), SGD), trajectory, data=torch.tensor([[2, 2, 0]]))
    assert trajectory.gradients.tolist() == [[1.0, 1.0, 0.0, 0.0, 2.0, 2.0]]


def test_points_are_copies_of_any_precision(task, fit):
    trajectory = ParameterTrajectory()
    fit(task(line(1.0).to(torch.bfloat16), bowl, SGD), trajectory)
    assert trajectory.points.dtype == trajectory.gradients.dtype == torch.float64
    assert len(trajectory.points.unique()) == 3


def test_more_parameters_than_the_limit_are_refused_when_the_fit_starts(task, fit):
    message = r"the module has 3 trainable parameters.*max_parameters, 2$"
    with pytest.raises(MisconfigurationException, match=message):
        fit(task(line(1.0, 2.0, 3.0), bowl, SGD), ParameterTrajectory(max_parameters=2))
    fit(task(line(1.0, 2.0), bowl, SGD), ParameterTrajectory(max_parameters=2))


def test_a_limit_below_one_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match=r"^max_parameters is 0; it must be at least 1$"):
        ParameterTrajectory(max_parameters=0)


def test_before_a_fit_there_is_no_point():
    assert ParameterTrajectory().points.shape == ParameterTrajectory().gradients.shape == (0, 0)


def test_a_second_fit_starts_anew(task, fit):
    trajectory = ParameterTrajectory()
    fit(task(line(1.0), bowl, SGD), trajectory, data=torch.ones(3, 1))
    fit(task(line(1.0, 2.0), bowl, SGD), trajectory, data=torch.ones(2, 1))
    assert trajectory.points.shape == (3, 2)
    assert trajectory.gradients.shape == (2, 2)
