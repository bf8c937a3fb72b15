import math

import pytest
import torch
from torch.nn import functional as F

from zoo.theory.rounded_losses import edge, loss, rounded_sigmoid, slope, spacing


def by_torch(program, z, y, dtype):
    """L and ∂L/∂z of PyTorch's own programs."""
    z = torch.tensor([z], dtype=getattr(torch, dtype), requires_grad=True)
    y = torch.full_like(z, y)
    p = torch.sigmoid(z)
    programs = {
        "bce_with_logits": lambda: F.binary_cross_entropy_with_logits(z, y),
        "log_of_sigmoid": lambda: -torch.where(y > 0, p, 1 - p).log().mean(),
        "bce_of_sigmoid": lambda: F.binary_cross_entropy(p, y),
    }
    found = programs[program]()
    return float(found.detach()), float(torch.autograd.grad(found, z)[0])


@pytest.mark.parametrize("program", ["bce_with_logits", "log_of_sigmoid", "bce_of_sigmoid"])
@pytest.mark.parametrize("z", [0.0, -1.0, -20.0, -28.0, -40.0, -80.0, -88.0, -89.0, -95.0])
def test_losses_and_slopes_are_those_of_torch_in_float32(program, z):
    found = by_torch(program, z, 1.0, "float32")
    assert loss(program, z, 1, "float32") == pytest.approx(found[0], rel=1e-5)
    assert slope(program, z, 1, "float32") == pytest.approx(found[1], rel=1e-5, nan_ok=True)


@pytest.mark.parametrize("program", ["log_of_sigmoid", "bce_of_sigmoid"])
def test_above_the_edge_a_certain_p_of_a_false_class_is_1(program):
    for z in (17.0, 30.0):
        found = by_torch(program, z, 0.0, "float32")
        assert loss(program, z, 0, "float32") == found[0]
        assert slope(program, z, 0, "float32") == pytest.approx(found[1], nan_ok=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("y", [0, 1])
def test_the_sigmoid_rounds_where_torchs_does(dtype, y):
    turn = edge("log_of_sigmoid", y, dtype)
    step = 8 * spacing(turn, dtype)
    for z, rounded in ((turn + (step if y else -step), False), (turn - (step if y else -step), True)):
        p = float(torch.sigmoid(torch.tensor(z, dtype=getattr(torch, dtype))))
        assert (p in (0, 1)) is rounded
        assert (rounded_sigmoid(z, dtype) in (0, 1)) is rounded


def test_edges_are_where_the_formats_say():
    assert edge("log_of_sigmoid", 1, "float32") == pytest.approx(-88.7228, abs=1e-4)
    assert edge("log_of_sigmoid", 0, "float32") == pytest.approx(24 * math.log(2))
    assert edge("bce_of_sigmoid", 1, "float32") == edge("bce_of_sigmoid", 1, "float64")
    assert edge("bce_of_sigmoid", 1, "float64") == pytest.approx(math.log(5e-13))
    assert edge("bce_with_logits", 1, "float32") == -math.inf
    assert edge("bce_with_logits", 0, "float32") == math.inf


@pytest.mark.parametrize("x", [0.3, 1.0, 16.6, -88.7])
def test_the_spacing_is_that_of_the_next_number(x):
    here = torch.tensor(abs(x), dtype=torch.float32)
    there = torch.nextafter(here, torch.tensor(torch.inf))
    assert spacing(float(here), "float32") == float(there) - float(here)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: slope("log_of_sigmoid", 1.0, 1, "float32"), "that is no mistake"),
        (lambda: loss("log_of_sigmoid", -1.0, 0, "float32"), "that is no mistake"),
        (lambda: slope("log_of_sigmoid", 1.0, 0.5, "float32"), "y is 0.5; it must be 0 or 1"),
        (lambda: rounded_sigmoid(math.nan, "float32"), "z is nan"),
        (lambda: spacing(0.0, "float32"), "z is 0.0"),
    ],
)
def test_senseless_input_is_named(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()
