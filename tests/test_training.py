import math

import lightning as L
import pytest
import torch
from torch import nn
from torch.testing import assert_close
from torch.utils.data import DataLoader, TensorDataset

from zoo.calculus.activations import tanh, tanh_vjp
from zoo.calculus.layers import linear, linear_vjp
from zoo.calculus.losses import cross_entropy, cross_entropy_vjp, mse, mse_vjp
from zoo.calculus.surfaces import quadratic_vjp
from zoo.data import Steps
from zoo.models import MLP, Quadratic
from zoo.training import Classifier, Minimizer, Regressor

ONE = torch.tensor(1.0, dtype=torch.float64)


def descent(parameters):
    """A step of size 1, so that what a parameter loses is its gradient."""
    return torch.optim.SGD(parameters, lr=1.0)


def network():
    torch.manual_seed(0)
    return MLP(in_features=3, out_features=4, depth=1, width=5, activation="tanh").double()


def by_hand(x, y, loss, loss_vjp, hidden, output):
    """Loss and gradients, the last function first, of output(tanh(hidden(x)))."""
    z = linear(x, *hidden)
    h = tanh(z)
    p = linear(h, *output)
    dp, _ = loss_vjp(ONE, p, y)
    dh, *d_output = linear_vjp(dp, h, *output)
    _, *d_hidden = linear_vjp(*tanh_vjp(dh, z), x, *hidden)
    return loss(p, y), [*d_hidden, *d_output]


X = torch.randn(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
TARGETS = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
CLASSES = torch.tensor([0, 3, 1, 1, 2, 0])


@pytest.mark.parametrize(
    ("task", "y", "loss", "loss_vjp"),
    [(Regressor, TARGETS, mse, mse_vjp), (Classifier, CLASSES, cross_entropy, cross_entropy_vjp)],
)
def test_a_step_moves_every_parameter_by_the_gradient_that_the_hand_has(trainer, task, y, loss, loss_vjp):
    model = task(network(), descent)
    before = [p.detach().clone() for p in model.parameters()]
    value, gradients = by_hand(X, y, loss, loss_vjp, before[:2], before[2:])
    fitted = trainer(max_steps=1)
    fitted.fit(model, DataLoader(TensorDataset(X, y), batch_size=6))
    assert_close(fitted.callback_metrics["loss/train"].double(), value, rtol=1e-6, atol=0)  # logs are float32
    moved = [old - new for old, new in zip(before, model.parameters(), strict=True)]
    assert_close(moved, gradients, rtol=1e-12, atol=1e-13)  # a difference of numbers near 1


@pytest.mark.parametrize("task", [Regressor, Classifier])
def test_the_optimizer_gets_all_parameters_and_its_settings(task):
    model = task(network(), lambda p: torch.optim.SGD(p, lr=0.25))
    (group,) = model.configure_optimizers().param_groups
    assert group["lr"] == 0.25
    assert list(map(id, group["params"])) == list(map(id, model.parameters()))


def test_the_loss_of_every_training_step_is_kept(trainer):
    model = Classifier(network(), descent)
    trainer(max_epochs=2).fit(model, DataLoader(TensorDataset(X, CLASSES), batch_size=2))
    assert len(model.losses) == 6
    first = cross_entropy(network()(X[:2]), CLASSES[:2])
    assert_close(model.losses[0], first.detach(), rtol=1e-14, atol=0)
    assert not any(loss.requires_grad for loss in model.losses)


def test_accuracy_is_the_share_of_samples_and_not_the_mean_over_unequal_batches(trainer):
    logits = torch.eye(8, dtype=torch.float64)
    classes = torch.tensor([0, 1, 2, 3, 0, 0, 0, 0])  # right: 3 of 3, 1 of 3, 0 of 2
    model = Classifier(nn.Identity(), descent)
    assert math.isnan(model.accuracy)
    trainer().validate(model, DataLoader(TensorDataset(logits, classes), batch_size=3), verbose=False)
    assert model.accuracy == pytest.approx(0.5, abs=1e-6)  # Lightning averages in float32


def test_accuracy_is_that_of_the_last_validation(trainer):
    model = Classifier(nn.Linear(1, 2, bias=False).double(), lambda p: torch.optim.SGD(p, lr=100.0))
    with torch.no_grad():
        model.network.weight.copy_(torch.tensor([[1.0], [0.0]]))  # says class 0, and the truth is class 1
    data = DataLoader(
        TensorDataset(torch.ones(3, 1, dtype=torch.float64), torch.ones(3, dtype=torch.long)), 3
    )
    before_and_after = trainer(max_epochs=1, num_sanity_val_steps=1)
    before_and_after.fit(model, data, data)
    assert model.accuracy == 1.0


def test_validation_trains_nothing_and_leaves_the_losses_alone(trainer):
    model = Classifier(network(), descent)
    before = [p.detach().clone() for p in model.parameters()]
    trainer().validate(model, DataLoader(TensorDataset(X, CLASSES), batch_size=6), verbose=False)
    assert_close(list(model.parameters()), before, rtol=0, atol=0)
    assert model.losses == []


def minimizer(curvatures, start, copies=1, rate=1.0, **arguments):
    return Minimizer(Quadratic(curvatures, start, copies), lambda p: torch.optim.SGD(p, lr=rate), **arguments)


def test_a_minimizer_steps_down_the_gradient_of_the_surface(trainer):
    model = minimizer([2.0, -0.5], [3.0, 4.0], copies=2)
    start = model.surface.point.detach().clone()
    fitted = trainer()
    fitted.fit(model, Steps(1))
    gradient, _ = quadratic_vjp(ONE, start, model.surface.curvatures)
    assert_close(model.surface.point.detach(), start - gradient, rtol=1e-15, atol=0)
    assert fitted.callback_metrics["loss/height"] == 2 * (9 - 4)  # ½(2·3² − ½·4²) for each of two points


def test_noise_has_its_standard_deviation_no_mean_and_no_memory(trainer):
    copies, std = 4000, 0.25
    model = minimizer([0.0, 0.0], [0.0, 0.0], copies, noise_std=std)
    seen = []

    class Watch(L.Callback):
        def on_train_batch_end(self, *arguments):
            seen.append(model.surface.point.detach().clone())

    torch.manual_seed(0)
    fitted = trainer(callbacks=[Watch()])
    fitted.fit(model, Steps(2))
    for noise in (seen[0], seen[1] - seen[0]):
        # Four standard errors of 8000 draws: std/√(2N) for the deviation, std/√N for the mean.
        assert float(noise.std()) == pytest.approx(std, abs=4 * std / math.sqrt(2 * noise.numel()))
        assert float(noise.mean()) == pytest.approx(0, abs=4 * std / math.sqrt(noise.numel()))
    steps = torch.stack([seen[0].flatten(), (seen[1] - seen[0]).flatten()])
    coordinates = seen[0].T
    for pair, count in ((steps, 2 * copies), (coordinates, copies)):
        assert abs(float(torch.corrcoef(pair)[0, 1])) < 4 / math.sqrt(count)  # four standard errors
    assert fitted.callback_metrics["loss/height"] == 0  # the surface is flat: noise is not part of its height


def test_a_minimizer_stops_with_the_step_that_reaches_the_radius(trainer):
    # Each step multiplies by 1 + ηλ = 2: 1/8 → 1/4 → 1/2 → 1, exactly.
    model = minimizer([5.0, -1.0], [100.0, 0.125], stop_radius=1.0)
    fitted = trainer()
    fitted.fit(model, Steps(50))
    assert fitted.global_step == 3
    assert model.surface.point[0, 1].item() == 1.0


def test_a_minimizer_without_a_radius_takes_all_steps(trainer):
    fitted = trainer()
    fitted.fit(minimizer([-1.0], [1.0]), Steps(8))
    assert fitted.global_step == 8


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"noise_std": -0.1}, "noise_std is -0.1; a standard deviation is 0 or more"),
        ({"stop_radius": 0.0}, "stop_radius is 0.0; it must be above 0, or null for never"),
        ({"stop_radius": -1.0}, "stop_radius is -1.0; it must be above 0, or null for never"),
    ],
)
def test_senseless_noise_and_radius_are_refused(arguments, complaint):
    with pytest.raises(ValueError, match=f"^{complaint}$"):
        minimizer([1.0], [1.0], **arguments)
