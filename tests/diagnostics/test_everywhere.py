"""Norms and clipping as they are, whatever the precision, accumulation, optimization and kind of parameter.

The reference is computed beside them, in float64, from the full gradients that are in place before the step.
"""

import math

import lightning as L
import pytest
import torch
from lightning.pytorch.plugins import MixedPrecision
from torch import nn

from zoo.diagnostics import (
    ClippingMonitor,
    GradientNormMonitor,
    LossMonitor,
    NonFiniteMonitor,
    UpdateRatioMonitor,
)


class Zoo(nn.Module):
    """Parameters of every kind: dense, tied, sparse, complex, frozen, unused, empty, and one of its own."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 4, sparse=True)
        self.first, self.tied, self.frozen = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.tied.weight = self.first.weight
        self.frozen.requires_grad_(False)
        self.unused, self.empty = nn.Linear(4, 4), nn.Parameter(torch.empty(0))
        self.turn = nn.Parameter(torch.ones(4, dtype=torch.complex64))

    def forward(self, x):
        h = self.frozen(self.tied(torch.tanh(self.first(self.table(x)))))
        return (h.float() * self.turn).abs().square().mean() + self.empty.sum()


class Task(L.LightningModule):
    """The zoo, trained by one optimizer or by two, which keeps the gradients as they are before the step."""

    def __init__(self, optimizers, manual, accumulate):
        super().__init__()
        self.network, self.references = Zoo(), []
        self.count, self.accumulate, self.automatic_optimization = optimizers, accumulate, not manual

    def training_step(self, batch, batch_idx):
        loss = self.network(batch)
        if self.automatic_optimization:
            return loss
        self.manual_backward(loss / self.accumulate)
        if (batch_idx + 1) % self.accumulate == 0:
            optimizers = self.optimizers()
            for optimizer in optimizers if isinstance(optimizers, list) else [optimizers]:
                optimizer.step()
                optimizer.zero_grad()
        return loss

    def on_before_optimizer_step(self, optimizer):
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        squares = {}
        for name, parameter in self.network.named_parameters():
            gradient = parameter.grad
            if gradient is None or id(parameter) not in held:
                continue
            dense = torch.view_as_real(gradient) if gradient.is_complex() else gradient.to_dense()
            layer = f"network.{name}".rpartition(".")[0]
            squares[layer] = squares.get(layer, 0.0) + dense.double().square().sum().item()
        self.references.append({layer: math.sqrt(square) for layer, square in squares.items()})

    def configure_optimizers(self):
        parameters = [p for p in self.parameters() if p.requires_grad]
        halves = [parameters] if self.count == 1 else [parameters[:2], parameters[2:]]
        return [torch.optim.SGD(half, lr=0.1) for half in halves]


def precision(name):
    if name == "16-mixed":
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
        return {"plugins": [MixedPrecision("16-mixed", "cpu", scaler)]}
    return {"precision": name}


@pytest.mark.parametrize("name", ["32-true", "64-true", "bf16-mixed", "16-mixed"])
@pytest.mark.parametrize("accumulate", [1, 4])
@pytest.mark.parametrize(
    ("manual", "optimizers"),
    [(False, 1), (True, 1), (True, 2)],
    ids=["automatic", "manual", "two optimizers"],
)
def test_norms_are_those_of_the_gradients_before_the_step(fit, name, accumulate, manual, optimizers):
    module = Task(optimizers, manual, accumulate)
    if name == "16-mixed":  # torch's loss scaler does not unscale complex gradients
        module.network.turn = nn.Parameter(torch.ones(4))
    norms, clipping = GradientNormMonitor(), ClippingMonitor()
    others = [LossMonitor(), UpdateRatioMonitor(), NonFiniteMonitor()]
    settings = {} if manual else {"accumulate_grad_batches": accumulate}
    fit(module, norms, clipping, *others, data=torch.arange(8) % 9, **settings, **precision(name))
    assert len(module.references) == len(norms.steps) == 8 // accumulate * optimizers
    for i, reference in enumerate(module.references):
        found = {layer: n[i] for layer, n in norms.norms.items() if not math.isnan(n[i])}
        assert found == {layer: pytest.approx(norm, rel=1e-6) for layer, norm in reference.items()}
        assert clipping.before[i] == pytest.approx(math.hypot(*reference.values()), rel=1e-6)
        assert not clipping.clipped[i]
    assert len(others[0].losses) == 8 // accumulate
    assert others[2].first is None
