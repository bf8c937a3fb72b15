import copy

import pytest
import torch

from zoo.profiles import mlp_profile

SETTINGS = [
    "--seed_everything 1 --only unclipped,by_norm,by_value --model.network.weight_std 2.5 --repeats 1 "
    "--trainer.max_steps 40",
    "--seed_everything 2 --only by_norm --trainer.gradient_clip_val 3.0 --model.network.depth 8 "
    "--model.optimizer.momentum 0.5 --repeats 1",
    "--seed_everything 3 --only vanishing,vanishing_loosely_clipped --model.network.depth 20 "
    "--model.network.width 64 --repeats 1",
]
UNCLIPPED = "--only unclipped --repeats 1"
BY_NORM = "--only by_norm --repeats 2 --trainer.max_steps 40"
BY_VALUE = "--only by_value --repeats 1"
UNTOUCHED = "--only vanishing,vanishing_loosely_clipped --repeats 1 --trainer.max_steps 12"


@pytest.fixture
def clip(script, monkeypatch):
    """Have classifiers clip with a function of their own: it gets the parameters and the limit, or None."""

    def instead(function):
        def configure_gradient_clipping(
            self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None
        ):
            function(list(self.parameters()), gradient_clip_val)

        monkeypatch.setattr(script.Classifier, "configure_gradient_clipping", configure_gradient_clipping)

    return instead


@pytest.mark.parametrize("typed", [*SETTINGS, UNTOUCHED])
def test_all_verdicts_hold_at_other_limits_networks_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_the_formula_without_its_min_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.clipping, "norm_coefficient", lambda norm, limit: limit / (norm + 1e-6))
    assert failures(UNTOUCHED) == {"vanishing_loosely_clipped.formula"}


def test_clipping_layer_by_layer_fails(clip, failures):
    clip(lambda parameters, limit: [torch.nn.utils.clip_grad_norm_([p], limit) for p in parameters])
    assert failures(BY_NORM) == {"by_norm.formula", "by_norm.angle", "by_norm.longest"}


def test_clipping_that_shrinks_what_is_short_by_a_millionth_fails(clip, failures):
    def shrink(parameters, limit):
        for p in parameters if limit else []:
            p.grad.mul_(1 - 1e-6)

    clip(shrink)
    quantities = ("bits", "share", "formula")
    assert failures(UNTOUCHED) == {f"vanishing_loosely_clipped.{quantity}" for quantity in quantities}


def test_an_explosion_that_is_secretly_clipped_fails(clip, failures):
    clip(lambda parameters, limit: torch.nn.utils.clip_grad_norm_(parameters, 1.0))
    assert failures(UNCLIPPED) == {"unclipped.fate"}


def test_one_seed_that_diverges_fails(script, failures, monkeypatch):
    right = script.Classifier.training_step

    def training_step(self, batch, batch_idx):
        loss = right(self, batch, batch_idx)
        if torch.initial_seed() == 1:
            self.losses[-1] = loss.detach() * 10.0 ** len(self.losses)
        return loss

    monkeypatch.setattr(script.Classifier, "training_step", training_step)
    assert failures(BY_NORM) == {"by_norm.fate"}


def test_the_prediction_for_another_network_fails(script, failures, monkeypatch):
    def profile_of_a_vanishing_one(run):
        network = copy.copy(run.model.network)
        network.weight_std = 0.2
        return mlp_profile(network, run.datamodule.x)

    monkeypatch.setattr(script, "run_profile", profile_of_a_vanishing_one)
    assert failures(BY_NORM) == {"by_norm.fate"}


def test_bounds_for_a_single_parameter_fail(script, failures, monkeypatch):
    monkeypatch.setattr(script, "parameters", lambda run: 1)
    assert failures(BY_VALUE) == {"by_value.longest", "by_value.moved"}
