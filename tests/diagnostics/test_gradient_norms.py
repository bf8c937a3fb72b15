import csv
import math

import lightning as L
import pytest
import torch
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.plugins import MixedPrecision
from lightning.pytorch.utilities import grad_norm
from torch import nn

from zoo.diagnostics import GradientNormMonitor


def mlp():
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))


def squares(network, x):
    return network(x).square().mean()


def test_every_n_steps_below_one_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match=r"^every_n_steps is 0; it must be at least 1$"):
        GradientNormMonitor(every_n_steps=0)


def test_norms_are_lightnings_and_clippings_on_every_step(task, fit):
    class Watched(task):
        lightnings, clippings = [], []

        def on_before_optimizer_step(self, optimizer):
            self.lightnings.append(grad_norm(self, 2))

        def configure_gradient_clipping(
            self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None
        ):
            self.clippings.append(torch.nn.utils.clip_grad_norm_(self.parameters(), 1e-3))

    module, monitor = Watched(mlp(), squares), GradientNormMonitor()
    fit(module, monitor, data=torch.randn(4, 3))
    assert monitor.steps == [0, 1, 2, 3]
    assert list(monitor.norms) == ["network.0", "network.2"]
    for i in monitor.steps:
        total = math.hypot(*(norms[i] for norms in monitor.norms.values()))
        theirs = module.lightnings[i]
        # rel 1e-6: theirs are float32, whose roundoff is 6e-8
        assert total == pytest.approx(float(module.clippings[i]), rel=1e-6)
        assert total == pytest.approx(float(theirs["grad_2.0_norm_total"]), rel=1e-6)
        own = [float(theirs[f"grad_2.0_norm/network.2.{kind}"]) for kind in ("weight", "bias")]
        assert monitor.norms["network.2"][i] == pytest.approx(math.hypot(*own), rel=1e-6)


@pytest.mark.parametrize("algorithm", ["norm", "value"])
def test_norms_are_those_before_clipping(task, fit, algorithm):
    monitor = GradientNormMonitor()
    module = task(
        nn.Linear(1, 2, bias=False), lambda net, _: (torch.tensor([[3.0], [4.0]]) * net.weight).sum()
    )
    fit(module, monitor, gradient_clip_val=1.0, gradient_clip_algorithm=algorithm)
    assert monitor.norms == {"network": [5.0, 5.0]}


def test_records_are_every_n_steps_apart(task, fit):
    monitor = GradientNormMonitor(every_n_steps=2, signals=True)
    fit(task(mlp(), squares), monitor, data=torch.randn(5, 3))
    assert monitor.steps == [0, 2, 4]
    for history in (monitor.norms, monitor.output_gradients, monitor.input_gradients):
        assert {len(norms) for norms in history.values()} == {3}


def test_accumulation_over_two_batches_makes_one_record(task, fit, tensorboard, events):
    # L = ½ (3w + 5w), where Lightning puts the ½: ∂L/∂w = 4, and ∂L/∂out is ½ in each of two calls.
    monitor = GradientNormMonitor(signals=True)
    module = task(nn.Linear(1, 1, bias=False), lambda net, x: net(x).sum())
    fit(module, monitor, data=[[3.0], [5.0], [3.0], [5.0]], accumulate_grad_batches=2, logger=tensorboard)
    assert monitor.steps == [0, 1]
    assert monitor.norms == {"network": [4.0, 4.0]}
    assert monitor.output_gradients == {"network": [pytest.approx(math.sqrt(0.5), rel=1e-15)] * 2}
    assert [point.step for point in events().Scalars("grad_norm/network")] == [0, 1]


def test_signals_split_the_gain_into_activation_and_weights(task, fit):
    # z₁ = 3x, h = z₁², z₂ = 2h, L = z₂ at x = 1, learning rate 0
    class Square(nn.Module):
        def forward(self, z):
            return z.square()

    network = nn.Sequential(nn.Linear(1, 1, bias=False), Square(), nn.Linear(1, 1, bias=False))
    network[0].weight.data.fill_(3.0)
    network[2].weight.data.fill_(2.0)
    monitor = GradientNormMonitor(signals=True)
    module = task(network, lambda net, x: net(x).sum(), lambda p: torch.optim.SGD(p, lr=0.0))
    fit(module, monitor)
    assert monitor.output_gradients == {"network.0": [12.0, 12.0], "network.2": [1.0, 1.0]}
    assert monitor.input_gradients == {"network.2": [2.0, 2.0]}


def test_without_signals_there_are_none_and_no_hook(task, fit, hooks):
    counts = []
    monitor = GradientNormMonitor()
    module = task(mlp(), lambda net, x: (counts.append(hooks(net)), net(x).sum())[1])
    fit(module, monitor, data=torch.randn(2, 3))
    assert (monitor.output_gradients, monitor.input_gradients) == ({}, {})
    assert counts == [0, 0]


def test_validation_leaves_no_signal(task, fit):
    class Validated(task):
        def validation_step(self, batch, batch_idx):
            with torch.inference_mode(False), torch.enable_grad():
                self.network(batch.clone()).sum().backward()

        def val_dataloader(self):
            return torch.utils.data.DataLoader(torch.randn(2, 3))

    monitor = GradientNormMonitor(signals=True)
    module = Validated(mlp(), lambda net, x: net(x).sum())  # ∂L/∂out is 1 in two places
    fit(module, monitor, data=torch.randn(2, 3), val_check_interval=1, inference_mode=False)
    assert monitor.output_gradients["network.2"] == [pytest.approx(math.sqrt(2), rel=1e-15)] * 2


SIGNAL_TAGS = ["signal_norm", "log10_signal_norm"]


@pytest.mark.parametrize(("signals", "groups"), [(False, []), (True, SIGNAL_TAGS)], ids=["norms", "signals"])
def test_the_event_file_has_exactly_the_tags_promised(task, fit, tensorboard, events, signals, groups):
    monitor = GradientNormMonitor(signals=signals)
    fit(task(mlp(), squares), monitor, data=torch.randn(2, 3), logger=tensorboard)
    written = events()
    groups = ["grad_norm", "log10_grad_norm", *groups]
    promised = {f"{group}/network.{layer}" for group in groups for layer in (0, 2)}
    assert set(written.Tags()["scalars"]) == promised | {"gradient/norm", "gradient/nonfinite_layers"}
    # rel 1e-7: event files keep float32
    points = [point.value for point in written.Scalars("grad_norm/network.0")]
    assert points == pytest.approx(monitor.norms["network.0"], rel=1e-7)
    logs = [point.value for point in written.Scalars("log10_grad_norm/network.0")]
    assert logs == pytest.approx([math.log10(n) for n in monitor.norms["network.0"]], rel=1e-6)
    total = [point.value for point in written.Scalars("gradient/norm")]
    assert total == pytest.approx(
        [math.hypot(*both) for both in zip(*monitor.norms.values(), strict=True)], rel=1e-7
    )


def test_nan_infinity_and_zero_are_in_the_attributes_and_crash_no_writer(
    task, fit, tensorboard, events, tmp_path
):
    network = nn.ModuleDict({name: nn.Linear(1, 1, bias=False) for name in ("fine", "nan", "inf", "zero")})
    factors = {"fine": 2.0, "nan": math.nan, "inf": math.inf, "zero": 0.0}
    monitor = GradientNormMonitor()
    module = task(network, lambda net, _: sum(c * net[name].weight.sum() for name, c in factors.items()))
    fit(module, monitor, data=[[1.0]], logger=[tensorboard, CSVLogger(tmp_path / "csv")])
    found = {name.removeprefix("network."): norms for name, norms in monitor.norms.items()}
    assert math.isnan(found.pop("nan")[0])
    assert found == {"fine": [2.0], "inf": [math.inf], "zero": [0.0]}
    written = events()
    assert written.Scalars("gradient/nonfinite_layers")[0].value == 2
    logged = {tag.replace("/network", ""): written.Scalars(tag)[0].value for tag in written.Tags()["scalars"]}
    assert math.isnan(logged.pop("grad_norm.nan"))
    assert math.isnan(logged.pop("log10_grad_norm.nan"))
    assert math.isnan(logged.pop("gradient/norm"))
    assert logged == {
        "gradient/nonfinite_layers": 2,
        "grad_norm.fine": 2,
        "grad_norm.inf": math.inf,
        "grad_norm.zero": 0,
        "log10_grad_norm.fine": pytest.approx(math.log10(2), rel=1e-7),  # event files keep float32
        "log10_grad_norm.inf": math.inf,
    }


def test_any_logger_gets_the_points(task, fit, tmp_path):
    logger = CSVLogger(tmp_path)
    monitor = GradientNormMonitor()
    fit(task(mlp(), squares), monitor, data=torch.randn(3, 3), logger=logger)
    with open(f"{logger.log_dir}/metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [0, 1, 2]
    assert [float(row["grad_norm/network.0"]) for row in rows] == monitor.norms["network.0"]


def test_no_logger_is_needed(task, fit):
    monitor = GradientNormMonitor(signals=True)
    fit(task(mlp(), squares), monitor, data=torch.randn(2, 3), logger=False)
    assert len(monitor.norms["network.0"]) == 2


def test_frozen_and_unused_layers_are_left_out_and_the_root_has_its_class_name(task, fit):
    class Someones(task):
        def __init__(self, *args):
            super().__init__(*args)
            self.scale = nn.Parameter(torch.ones(()))

        def training_step(self, batch, batch_idx):
            return self.scale * super().training_step(batch, batch_idx)

    network = mlp().append(nn.Linear(2, 2))
    network[0].requires_grad_(False)
    monitor = GradientNormMonitor()
    fit(Someones(network, lambda net, x: net[:3](x).square().mean()), monitor, data=torch.randn(2, 3))
    assert set(monitor.norms) == {"Someones", "network.2"}


def test_a_step_without_any_gradient_is_left_out(task, fit):
    monitor = GradientNormMonitor(signals=True)
    fit(task(mlp(), lambda net, x: net(x).sum() if x[0, 0] else None), monitor, data=[[1.0] * 3, [0.0] * 3])
    assert monitor.steps == [0]
    assert {len(norms) for norms in monitor.norms.values()} == {1}


def test_a_second_fit_starts_anew(task, fit):
    monitor = GradientNormMonitor(signals=True)
    fit(task(mlp(), squares), monitor, data=torch.randn(3, 3))
    fit(task(mlp(), squares), monitor, data=torch.randn(2, 3))
    assert monitor.steps == [0, 1]
    for history in (monitor.norms, monitor.output_gradients, monitor.input_gradients):
        assert {len(norms) for norms in history.values()} == {2}


def test_signals_under_float16_are_those_of_the_loss_not_of_its_multiple(task, fit):
    # L = 2x w at x = 1, all exact in float16; the scaler multiplies it by 1024 meanwhile
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    monitor = GradientNormMonitor(signals=True)
    module = task(nn.Linear(1, 1, bias=False), lambda net, x: 2 * net(x).sum())
    fit(module, monitor, plugins=[MixedPrecision("16-mixed", "cpu", scaler)])
    assert monitor.norms == {"network": [2.0, 2.0]}
    assert monitor.output_gradients == {"network": [2.0, 2.0]}


class Adversaries(L.LightningModule):
    """Two networks, two optimizers, two steps a batch."""

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.a, self.b = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)

    def training_step(self, batch, batch_idx):
        for optimizer, factor in zip(self.optimizers(), (2.0, 3.0), strict=True):
            self.toggle_optimizer(optimizer)
            self.manual_backward(factor * (self.a(batch) + self.b(batch)).sum())
            optimizer.step()
            optimizer.zero_grad()
            self.untoggle_optimizer(optimizer)

    def configure_optimizers(self):
        return [torch.optim.SGD(layer.parameters(), lr=0.1) for layer in (self.a, self.b)]


@pytest.mark.parametrize(("every", "steps"), [(1, [0, 1, 2, 3, 4, 5]), (3, [0, 3])])
def test_manual_optimization_makes_a_record_a_step(fit, every, steps):
    monitor = GradientNormMonitor(every_n_steps=every, signals=True)
    fit(Adversaries(), monitor, data=torch.ones(3, 1))
    assert monitor.steps == steps
    # Each has a gradient in every other step, and NaN in between: entries stand beside their steps. The
    # signal reaches the output of the frozen one only if it requires a gradient: it does not.
    seen = {"a": [2.0, math.nan] * 3, "b": [math.nan, 3.0] * 3}
    expected = {
        layer: pytest.approx([norms[step] for step in steps], nan_ok=True) for layer, norms in seen.items()
    }
    assert monitor.norms == expected
    assert monitor.output_gradients == expected


class LeavesGradients(Adversaries):
    """The same without toggling: each backward reaches both, and each step clears its own gradients alone."""

    def training_step(self, batch, batch_idx):
        for optimizer, factor in zip(self.optimizers(), (2.0, 3.0), strict=True):
            optimizer.zero_grad()
            self.manual_backward(factor * (self.a(batch) + self.b(batch)).sum())
            optimizer.step()


def test_of_several_optimizers_a_step_counts_its_own_layers_and_no_gradient_of_another_step(fit):
    monitor = GradientNormMonitor()
    fit(LeavesGradients(), monitor, data=torch.ones(2, 1))
    assert monitor.norms == {
        "a": pytest.approx([2.0, math.nan] * 2, nan_ok=True),
        "b": pytest.approx([math.nan, 3.0] * 2, nan_ok=True),
    }
