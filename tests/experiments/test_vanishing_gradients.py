import copy

import pytest

from zoo.profiles import mlp_profile

SETTINGS = [
    "--seed_everything 1 --only sigmoid_10 --model.network.depth 6 --model.network.width 64",
    "--seed_everything 2 --only sigmoid_10 --model.network.activation tanh "
    "--model.network.initialization normal --model.network.weight_std 1.5",
    "--seed_everything 3 --only relu_20_he,sigmoid_20 --model.network.depth 12 --repeats 1",
    "--seed_everything 1 --only relu_20_default --model.network.activation silu --model.network.depth 8",
    "--seed_everything 2 --only relu_20_no_bias --model.network.activation tanh --model.network.depth 8",
    "--seed_everything 3 --only sigmoid_20_exploding --model.network.weight_std 30.0",
    "--seed_everything 1 --only sigmoid_30_float32 --model.network.depth 40 --repeats 1",
]
ONE_STEP = "--only sigmoid_10 --trainer.max_steps 1"
NO_BIAS = "--only relu_20_no_bias --trainer.max_steps 1"
FLOAT32 = "--only sigmoid_30_float32 --model.network.depth 4 --repeats 1"
HE = "--only relu_20_he --repeats 1"


@pytest.fixture
def predict_for(script, monkeypatch):
    """Have the prediction made for a network with other arguments than the one that is trained."""

    def other(**arguments):
        def profile(run):
            network = copy.copy(run.model.network)
            vars(network).update(arguments)
            return mlp_profile(network, run.datamodule.x)

        monkeypatch.setattr(script, "run_profile", profile)

    return other


@pytest.mark.parametrize("typed", [*SETTINGS, ONE_STEP, FLOAT32])
def test_all_verdicts_hold_at_other_networks_and_seeds(typed, failures):
    assert failures(typed) == set()


@pytest.mark.parametrize(
    "other",
    [{"activation": "tanh"}, {"initialization": "xavier"}],
    ids=lambda other: next(iter(other)),
)
def test_the_prediction_for_another_network_fails(other, predict_for, failures):
    predict_for(**other)
    assert failures(ONE_STEP) == {"sigmoid_10.signal"}


def test_a_gain_of_squares_taken_for_one_of_norms_fails(script, failures, monkeypatch):
    right = script.mean_field.log10_signal_ratio
    monkeypatch.setattr(script.mean_field, "log10_signal_ratio", lambda profile: 2 * right(profile))
    assert failures(ONE_STEP) == {"sigmoid_10.signal"}


def test_a_bound_of_a_fifth_on_the_slopes_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.slopes, "steepest", lambda name: (0.0, 0.2))
    assert failures(ONE_STEP) == {"sigmoid_10.slopes"}


def test_weight_gradients_that_would_hide_nothing_fail(script, failures, monkeypatch):
    monkeypatch.setattr(script.mean_field, "log10_weight_ratio", script.mean_field.log10_signal_ratio)
    assert failures(NO_BIAS) == {"relu_20_no_bias.weights"}


def test_a_signal_that_is_lost_in_the_prediction_alone_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.mean_field, "log10_signal_ratio", lambda profile: -30.0)
    assert failures(HE) == {f"relu_20_he.{quantity}" for quantity in ("signal", "loss", "moved")}
    lost = {f"sigmoid_30_float32.{quantity}" for quantity in ("signal", "own_norm", "moved")}
    assert failures(FLOAT32) == lost


def test_a_network_that_is_not_trained_fails(script, failures, monkeypatch):
    right = script.Classifier.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["lr"] = 0.0
        return optimizer

    monkeypatch.setattr(script.Classifier, "configure_optimizers", configure_optimizers)
    assert failures(HE) == {"relu_20_he.loss"}


def test_a_critical_weight_std_of_squares_fails(script, failures, monkeypatch):
    right = script.criticality.critical_weight_std
    monkeypatch.setattr(script.criticality, "critical_weight_std", lambda name: right(name) ** 2)
    exploding = "--only sigmoid_20_exploding --repeats 1 --trainer.max_steps 1"
    assert failures(exploding) == {"sigmoid_20_exploding.side"}
