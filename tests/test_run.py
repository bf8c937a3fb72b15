import math
import random

import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping
from torch.testing import assert_close

from zoo.data import Steps
from zoo.diagnostics import ParameterTrajectory
from zoo.models import Quadratic
from zoo.run import Run
from zoo.training import Minimizer


@pytest.fixture
def run(trainer):
    """Builds a run of five noisy steps at a seed."""

    def build(seed=0, optimizer=torch.optim.SGD, **settings):
        model = Minimizer(
            Quadratic([1.0], [1.0]), lambda p: optimizer(p, **({"lr": 0.1} | settings)), noise_std=1.0
        )
        return Run("variant", 0, seed, None, model, Steps(5), trainer(callbacks=[ParameterTrajectory()]))

    return build


def path(run):
    run.fit()
    return run.callback(ParameterTrajectory).points


def test_a_run_is_the_same_whatever_random_numbers_were_drawn_before_it(run):
    first, second = run(), run()
    expected = path(first)
    torch.rand(7)
    random.random()
    assert torch.equal(path(second), expected)


def test_another_seed_is_another_run(run):
    assert not torch.equal(path(run(seed=0)), path(run(seed=1)))


def test_the_optimizer_is_named_and_shown_with_its_defaults(run):
    settings = run(momentum=0.9).optimizer
    assert settings["name"] == "SGD"
    assert settings["lr"] == 0.1
    assert settings["momentum"] == 0.9
    assert settings["dampening"] == 0
    assert settings["nesterov"] is False
    assert run(optimizer=torch.optim.Adam).optimizer["betas"] == (0.9, 0.999)


def test_asking_for_the_optimizer_changes_nothing(run):
    asked, other = run(momentum=0.9), run(momentum=0.9)
    assert asked.optimizer == asked.optimizer
    assert_close(path(asked), path(other), rtol=0, atol=0)


def test_a_callback_is_found_by_its_class(run):
    one = run()
    assert one.callback(ParameterTrajectory) in one.trainer.callbacks


def test_a_callback_that_is_not_there_is_named(run):
    with pytest.raises(LookupError, match=r"^run variant has no EarlyStopping$"):
        run().callback(EarlyStopping)


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({"max_epochs": 3}, 15),
        ({"max_epochs": 3, "max_steps": 7}, 7),
        ({"max_epochs": -1, "max_steps": 8}, 8),
        ({"max_epochs": None, "max_steps": 8}, 8),
        ({"max_epochs": 2, "limit_train_batches": 3}, 6),
        ({"max_epochs": 2, "limit_train_batches": 9}, 10),
        ({"max_epochs": 2, "limit_train_batches": 0.5}, 4),
        ({"max_epochs": 2, "accumulate_grad_batches": 2}, 6),
        ({"max_epochs": 2, "accumulate_grad_batches": 2, "limit_train_batches": 0.8}, 4),
        ({"max_epochs": 0}, 0),
        ({"max_epochs": 2, "limit_train_batches": 0}, 0),
    ],
)
def test_the_steps_are_those_that_the_trainer_takes(run, trainer, settings, steps):
    planned = run()
    planned.trainer = trainer(callbacks=[ParameterTrajectory()], **settings)
    assert planned.steps == steps
    planned.fit()
    assert planned.trainer.global_step == steps


def test_a_run_without_a_limit_never_ends(run, trainer):
    endless = run()
    endless.trainer = trainer(max_epochs=-1)
    assert endless.steps == math.inf
