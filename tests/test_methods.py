from types import SimpleNamespace

import pytest
import torch

from zoo.methods import in_words, momentum_form, path_rounding
from zoo.run import Run


def with_optimizer(kind, **settings):
    """A run of which nothing but its optimizer is asked."""
    model = SimpleNamespace(
        configure_optimizers=lambda: kind([torch.nn.Parameter(torch.zeros(1))], **settings)
    )
    return Run("x", 0, 0, config=None, model=model, datamodule=None, trainer=None)


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        (torch.optim.SGD, {"lr": 0.1}, "gradient descent, η = 0.1"),
        (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}, "heavy ball, η = 0.1, β = 0.9"),
        (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}, "Nesterov, η = 0.1, β = 0.9"),
        (
            torch.optim.SGD,
            {"lr": 1 / 3, "momentum": 0.9, "dampening": 0.9},
            "averaged momentum, η = 0.3333, β = 0.9",
        ),
        (torch.optim.Adam, {"lr": 0.01}, "Adam, η = 0.01"),
    ],
)
def test_an_optimizer_is_told_by_its_form(kind, settings, words):
    assert in_words(with_optimizer(kind, **settings)) == words


def test_the_laws_get_the_switches_of_momentum():
    sgd = with_optimizer(torch.optim.SGD, lr=0.1, momentum=0.9, dampening=0.4)
    assert momentum_form(sgd) == {"momentum": 0.9, "dampening": 0.4, "nesterov": False}
    assert momentum_form(with_optimizer(torch.optim.Adam, lr=0.1)) == dict.fromkeys(
        ("momentum", "dampening", "nesterov"), 0
    )


@pytest.mark.parametrize(("steps", "momentum", "reach"), [(3, 0.9, 10), (3, 0.0, 3), (40, 0.9, 40)])
def test_a_rounding_is_carried_on_for_all_steps_or_until_momentum_has_forgotten_it(steps, momentum, reach):
    off = path_rounding(SimpleNamespace(steps=steps, optimizer={"momentum": momentum}))
    assert off["atol"] == pytest.approx(32 * 2**-53 * reach**2, rel=1e-12)
    assert f"up to {reach} steps" in off["because"]
