from types import SimpleNamespace

import pytest

from zoo.data import Digits, Images
from zoo.models import MLP
from zoo.seen import Seen, sgd_rate

RANGE = Seen(rates=(0.2, 1.0), steps=(40, 300))


def run(data=None, network=None, steps=60, **optimizer):
    """What a Seen reads of a run."""
    settings = {
        "name": "SGD",
        "lr": 0.05,
        "momentum": 0.9,
        "dampening": 0,
        "weight_decay": 0,
        "maximize": False,
    }
    return SimpleNamespace(
        datamodule=data or Digits(batch_size=64),
        model=SimpleNamespace(network=network or MLP(width=64)),
        steps=steps,
        optimizer=settings | {"maximize": False} | optimizer,
    )


@pytest.mark.parametrize(
    "inside",
    [
        {},
        {"steps": 40},
        {"steps": 300},
        {"lr": 0.02},
        {"lr": 0.1},  # 0.1/(1 − 0.9) is 1.0000000000000002
        {"lr": 0.5, "momentum": 0.0},
        {"data": Digits(batch_size=32)},
        {"data": Digits(batch_size=64, validation_samples=897)},
    ],
)
def test_the_range_covers_what_lies_in_it_and_its_ends(inside):
    assert RANGE.covers(run(**inside))


@pytest.mark.parametrize(
    "outside",
    [
        {"steps": 39},
        {"steps": 301},
        {"lr": 0.019},
        {"lr": 0.101},
        {"momentum": 0.99},  # η/(1 − β) = 5
        {"lr": 0.0002, "momentum": 0.999},  # η/(1 − β) = 0.2, but only after a thousand steps
        {"lr": 0.002, "momentum": 0.99},
        {"data": Digits(batch_size=64, validation_samples=1796)},  # a single sample is learnt by heart
        {"data": Digits(batch_size=64, validation_samples=1790)},
        {"data": Digits(batch_size=64, validation_samples=898)},
        {"name": "Adam"},
        {"weight_decay": 0.1},
        {"maximize": True},
        {"data": Digits(batch_size=16)},
        {"data": Images(batch_size=64)},
        {"network": MLP(width=32)},
        {"network": object()},
    ],
)
def test_the_range_does_not_cover_what_lies_beside_it(outside):
    assert not RANGE.covers(run(**outside))


def test_the_rate_is_that_of_plain_or_momentum_sgd():
    assert sgd_rate(run(momentum=0.5)) == pytest.approx(0.1, rel=1e-15)
    assert sgd_rate(run(momentum=0.5, dampening=0.5)) == pytest.approx(0.05, rel=1e-15)
    assert sgd_rate(run(name="Adam")) is None
