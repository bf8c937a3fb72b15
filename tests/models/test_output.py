import math

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from zoo.models import Output

# What PyTorch calls the same.
TORCH = {
    "mse": F.mse_loss,
    "bce": F.binary_cross_entropy,
    "bce_with_logits": F.binary_cross_entropy_with_logits,
    "mse_of_sigmoid": lambda z, y: F.mse_loss(z.sigmoid(), y),
}


@pytest.mark.parametrize("loss", TORCH)
def test_a_loss_and_its_slopes_are_those_of_pytorch(loss):
    surface = Output(loss, [0.2, 0.9], target=0.7, samples=3)
    outputs = surface.point.detach().clone().requires_grad_()
    expected = TORCH[loss](outputs, torch.full_like(outputs, 0.7))
    assert_close(surface(), expected, rtol=1e-14, atol=0)
    surface().backward()
    expected.backward()
    assert_close(surface.point.grad, outputs.grad, rtol=1e-13, atol=0)


def test_every_sample_has_the_same_outputs_and_the_loss_is_their_mean():
    surface = Output("mse", [0.0, 3.0], samples=4)
    assert surface.point.tolist() == [[0.0, 3.0]] * 4
    assert surface().item() == (1 + 4) / 2
    surface().backward()
    assert_close(surface.point.grad, torch.tensor([[-2.0, 4.0]] * 4, dtype=torch.float64) / 8)


def test_only_the_outputs_are_learnt_and_all_is_float64():
    surface = Output("bce", [0.8])
    assert [name for name, _ in surface.named_parameters()] == ["point"]
    assert [name for name, _ in surface.named_buffers()] == ["target"]
    assert surface.point.dtype == surface.target.dtype == surface().dtype == torch.float64
    assert surface.point.item() == 0.8


def test_an_output_has_escaped_on_either_side():
    surface = Output("mse", [0.0, -2.0])
    assert surface.escaped(2.0)
    assert not surface.escaped(2.1)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Output("hinge", [1.0]), "^loss is 'hinge'; choose one of mse, bce, .*mse_of_sigmoid$"),
        (lambda: Output("mse", []), "^start has 0 outputs and samples is 1; both must be at least 1$"),
        (lambda: Output("mse", [1.0], samples=0), "^start has 1 outputs and samples is 0; both"),
        (lambda: Output("mse", [1.0, math.nan]), r"^start is \[1.0, nan\] and target 1.0; choose finite"),
        (lambda: Output("mse", [1.0], math.inf), "target inf; choose finite numbers$"),
    ],
)
def test_what_is_no_output_is_refused(make, complaint):
    with pytest.raises(ValueError, match=complaint):
        make()
