import copy

import pytest
import torch

EPOCH = "--trainer.max_epochs 1 --trainer.check_val_every_n_epoch 1"
SETTINGS = [
    f"--seed_everything 1 --only sigmoid,elu,silu {EPOCH} --repeats 2 "
    "--model.network.initialization normal --model.network.weight_std 2.0",
    f"--seed_everything 2 --only tanh,relu,gelu,sigmoid {EPOCH} --repeats 2 "
    "--model.network.initialization he --model.network.depth 4 --model.network.width 64",
    f"--seed_everything 3 --only leaky_relu {EPOCH} --model.network.initialization xavier",
]
TWO_STEPS = f"--only gelu {EPOCH} --repeats 1 --trainer.limit_train_batches 2"
TWO_OF_THEM = f"--only sigmoid,relu {EPOCH} --repeats 1"


@pytest.mark.parametrize("typed", [*SETTINGS, TWO_STEPS])
def test_all_verdicts_hold_at_other_networks_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_the_prediction_for_another_activation_fails(script, failures, monkeypatch):
    right = script.mlp_profile

    def profile_of_tanh(network, x):
        network = copy.copy(network)
        network.activation = "tanh"
        return right(network, x)

    monkeypatch.setattr(script, "mlp_profile", profile_of_tanh)
    assert failures(TWO_STEPS) == {"gelu.gain"}


def test_a_network_that_computes_another_activation_fails(script, failures, monkeypatch):
    right = script.Classifier.training_step

    def training_step(self, batch, batch_idx):
        self.network.phi = torch.tanh
        return right(self, batch, batch_idx)

    monkeypatch.setattr(script.Classifier, "training_step", training_step)
    assert failures(TWO_STEPS) == {"gelu.steepest", "gelu.gain"}


def test_a_gain_of_squares_taken_for_one_of_norms_fails(script, failures, monkeypatch):
    right = script.mean_field.log10_signal_ratio
    monkeypatch.setattr(script.mean_field, "log10_signal_ratio", lambda profile: 2 * right(profile))
    assert failures(TWO_STEPS) == {"gelu.gain"}


def test_another_idea_of_flat_fails(script, failures, monkeypatch):
    right = script.mean_field.saturated_share
    monkeypatch.setattr(
        script.mean_field, "saturated_share", lambda name, q, fraction: right(name, q, 10 * fraction)
    )
    assert failures(TWO_STEPS) == {"gelu.flat"}


def test_relu_in_the_place_of_the_weakest_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "weakest", lambda variants: "relu")
    assert failures(TWO_OF_THEM) == {"all.worst"}
