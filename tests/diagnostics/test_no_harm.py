import pytest
import torch
from torch import nn

from zoo.diagnostics import (
    ClippingMonitor,
    GradientNormMonitor,
    LossMonitor,
    NonFiniteMonitor,
    ParameterTrajectory,
    UpdateRatioMonitor,
)

MONITORS = {
    "norms": GradientNormMonitor,
    "signals": lambda: GradientNormMonitor(every_n_steps=2, signals=True),
    "clipping": ClippingMonitor,
    "loss": LossMonitor,
    "updates": UpdateRatioMonitor,
    "nonfinite": NonFiniteMonitor,
    "trajectory": ParameterTrajectory,
}


def mlp():
    return nn.Sequential(nn.Linear(12, 16), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(16, 4))


class Residual(nn.Module):
    """A small CNN with batch norm, whose first feature map also goes around the second convolution."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.norm, self.head = nn.BatchNorm2d(4), nn.Linear(16, 4)

    def forward(self, x):
        h = self.first(x.view(-1, 3, 2, 2)).relu()
        return self.head((h + self.norm(self.second(h))).flatten(1))


@pytest.fixture
def trained(task, fit):
    """The state after six steps from a fixed seed."""

    def run(network, *callbacks):
        torch.manual_seed(0)
        module = task(network(), lambda net, x: net(x.view(-1, 12)).square().mean(), torch.optim.AdamW)
        fit(module, *callbacks, data=torch.randn(6, 5, 12), gradient_clip_val=0.1)
        return module.state_dict()

    return run


@pytest.mark.parametrize("network", [mlp, Residual])
@pytest.mark.parametrize("monitor", MONITORS.values(), ids=MONITORS)
def test_the_trained_weights_are_equal_bit_for_bit_with_and_without(trained, network, monitor):
    without, beside = trained(network), trained(network, monitor())
    assert without.keys() == beside.keys()
    assert all(torch.equal(without[key], beside[key]) for key in without)


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
@pytest.mark.parametrize("where", ["forward", "closure"])
def test_an_exception_in_training_leaves_no_hook_behind(task, fit, hooks, where, error):
    class Failing(task):
        seen = 0

        def training_step(self, batch, batch_idx):
            loss = super().training_step(batch, batch_idx)
            self.seen = max(self.seen, hooks(self, *self.trainer.optimizers))
            if where == "forward" and batch_idx == 1:
                raise error("on purpose")
            return loss

        def on_before_optimizer_step(self, optimizer):
            if where == "closure" and self.trainer.global_step == 1:
                raise error("on purpose")

    module = Failing(mlp(), lambda net, x: net(x).sum())
    with pytest.raises(error, match="on purpose"):
        fit(module, GradientNormMonitor(signals=True), ClippingMonitor(), data=torch.randn(3, 12))
    assert module.seen == 2 * 2 + 1  # two a layer, one on the optimizer
    assert hooks(module, *module.trainer.optimizers) == 0


def test_a_fit_leaves_no_hook_behind(task, fit, hooks):
    module = task(mlp(), lambda net, x: net(x).sum())
    trainer = fit(module, GradientNormMonitor(signals=True), ClippingMonitor(), data=torch.randn(3, 12))
    assert hooks(module, *trainer.optimizers) == 0


def test_a_module_that_ends_its_epoch_early_is_left_without_hooks(task, fit, hooks):
    class Impatient(task):
        def on_train_batch_start(self, batch, batch_idx):
            return -1 if batch_idx == 1 else None

    module, monitor = Impatient(mlp(), lambda net, x: net(x).sum()), GradientNormMonitor(signals=True)
    fit(module, monitor, data=torch.randn(3, 12), max_epochs=2)
    assert monitor.steps == [0, 1]
    assert hooks(module) == 0
