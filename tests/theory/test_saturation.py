import math
import random

import pytest
import torch
from torch.nn import functional as F

from zoo.theory.saturation import advantage, sigmoid, slope, steps, steps_to_even_odds

# PyTorch's own: what the slopes are to be held against.
PROGRAMS = {
    "mse": F.mse_loss,
    "bce": F.binary_cross_entropy,
    "bce_with_logits": F.binary_cross_entropy_with_logits,
    "mse_of_sigmoid": lambda z, y: F.mse_loss(z.sigmoid(), y),
}


@pytest.mark.parametrize(
    ("loss", "output", "y", "expected"),
    [
        ("mse", 3.0, 1, 4.0),
        ("mse", -0.5, 0.25, -1.5),
        ("bce", 0.8, 1, -1.25),
        ("bce", 0.8, 0, 5.0),
        ("bce_with_logits", 0.0, 1, -0.5),
        ("mse_of_sigmoid", 0.0, 1, -0.25),
        ("mse_of_sigmoid", -math.log(2), 1, -8 / 27),  # σ = 1/3, where it is steepest
    ],
)
def test_slopes_are_the_worked_ones(loss, output, y, expected):
    assert slope(loss, output, y) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("loss", PROGRAMS)
def test_slopes_are_those_of_pytorch(loss, y):
    outputs = torch.linspace(0.05, 0.95, 19, dtype=torch.float64)
    if loss != "bce":
        outputs = 20 * outputs - 10
    outputs.requires_grad_()
    PROGRAMS[loss](outputs, torch.full_like(outputs, y)).backward()
    expected = [slope(loss, output, y) for output in outputs.tolist()]
    assert (len(outputs) * outputs.grad).tolist() == pytest.approx(expected, rel=1e-11, abs=1e-15)


def test_cross_entropy_is_eleven_thousand_times_as_steep_at_minus_ten():
    by_cross_entropy, by_mse = slope("bce_with_logits", -10.0, 1), slope("mse_of_sigmoid", -10.0, 1)
    assert by_cross_entropy == pytest.approx(-0.9999546, abs=5e-8)
    assert by_mse == pytest.approx(-9.07875e-5, rel=1e-6)
    assert by_cross_entropy / by_mse == pytest.approx(advantage(-10.0), rel=1e-14)
    assert advantage(-10.0) == advantage(10.0) == pytest.approx(11014.2, rel=1e-5)
    assert advantage(0.0) == 2


@pytest.mark.parametrize("z", [-3.0, 12.0, 45.0, 300.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_the_advantage_is_the_same_on_both_sides_and_for_both_truths(z, y):
    by_cross_entropy, by_mse = slope("bce_with_logits", z, y), slope("mse_of_sigmoid", z, y)
    assert by_cross_entropy / by_mse == pytest.approx(advantage(z), rel=1e-14)


def test_a_sigmoid_keeps_its_digits_and_its_sum_with_its_mirror_image():
    assert sigmoid(0.0) == 0.5
    assert sigmoid(-700.0) == pytest.approx(math.exp(-700), rel=1e-14)
    assert sigmoid(-1e6) == 0
    assert sigmoid(1e6) == 1
    assert sigmoid(1.7) + sigmoid(-1.7) == pytest.approx(1, rel=1e-15)


def walk(loss, start, rate):
    """Steps of gradient descent until z ≥ 0, for y = 1."""
    z, k = start, 0
    while z < 0:
        p = 1 / (1 + math.exp(-z))
        z += rate * (1 - p) * (1 if loss == "bce_with_logits" else 2 * p * (1 - p))
        k += 1
    return k


@pytest.mark.parametrize("loss", ["bce_with_logits", "mse_of_sigmoid"])
def test_the_count_of_steps_is_that_of_descent_whatever_start_and_rate(loss):
    draw = random.Random(loss)
    exact = 0
    for _ in range(500):
        start, rate = -draw.uniform(0.01, 7), draw.uniform(0.2, 2)
        least, most = steps_to_even_odds(loss, start, rate)
        exact += least == most
        assert least <= walk(loss, start, rate) <= most <= least + 1
    assert exact > 400


def test_a_mistake_of_ten_takes_eleven_steps_or_eleven_thousand():
    assert steps_to_even_odds("bce_with_logits", -10.0, 1.0) == (11, 11)
    assert steps_to_even_odds("mse_of_sigmoid", -10.0, 1.0) == (11034, 11034)
    assert walk("mse_of_sigmoid", -10.0, 1.0) == 11034


def test_steps_add_up_and_half_the_rate_takes_twice_the_time():
    whole = steps("mse_of_sigmoid", -6.0, 0.0, 0.5)
    assert whole == pytest.approx(
        steps("mse_of_sigmoid", -6.0, -2.0, 0.5) + steps("mse_of_sigmoid", -2.0, 0.0, 0.5)
    )
    slowly = [steps("bce_with_logits", -6.0, 0.0, rate) for rate in (1e-3, 5e-4)]
    assert slowly[1] / slowly[0] == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: slope("bce", 1.0, 1), "probability is 1.0"),
        (lambda: slope("bce", 1e-310, 1), "slope is -inf"),
        (lambda: slope("mse", 1e308, -1e308), "slope is inf"),
        (lambda: slope("mse", math.nan, 1), "output is nan"),
        (lambda: slope("bce_with_logits", -3.0, 1.5), "y is 1.5"),
        (lambda: slope("hinge", -3.0, 1), "loss is 'hinge'"),
        (lambda: steps("mse", -3.0, 0.0, 1.0), "loss is 'mse'"),
        (lambda: steps("mse_of_sigmoid", -400.0, 0.0, 1.0), "-400"),
        (lambda: steps("mse_of_sigmoid", math.nan, 0.0, 1.0), "nan"),
        (lambda: steps("mse_of_sigmoid", -3.0, 0.0, 2.01), "up to 2"),
        (lambda: steps("mse_of_sigmoid", -3.0, 0.0, 0.0), "rate is 0.0"),
        (lambda: steps_to_even_odds("mse_of_sigmoid", 0.0, 1.0), "start is 0.0"),
        (lambda: steps_to_even_odds("mse_of_sigmoid", -340.0, 1e-300), "more than can be counted"),
        (lambda: advantage(math.inf), "inf"),
    ],
)
def test_senseless_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
