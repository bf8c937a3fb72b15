import copy

import pytest
import torch

from zoo.profiles import mlp_profile

EPOCH = "--trainer.max_epochs 1 --trainer.check_val_every_n_epoch 1"
SETTINGS = [
    f"--seed_everything 1 --only sigmoid,elu,silu {EPOCH} --repeats 2 "
    "--model.network.initialization normal --model.network.weight_std 2.0",
    f"--seed_everything 2 --only tanh,relu,gelu,sigmoid {EPOCH} --repeats 2 "
    "--model.network.initialization he --model.network.depth 4 --model.network.width 64",
    f"--seed_everything 3 --only leaky_relu {EPOCH} --model.network.initialization xavier",
]
TWO_STEPS = f"--only gelu {EPOCH} --repeats 1 --trainer.limit_train_batches 2"
THREE_OF_THEM = (
    "--only sigmoid,tanh,elu --trainer.max_epochs 2 --trainer.check_val_every_n_epoch 2 --repeats 1"
)


@pytest.mark.parametrize("typed", [*SETTINGS, TWO_STEPS])
def test_all_verdicts_hold_at_other_networks_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_the_prediction_for_another_activation_fails(script, failures, monkeypatch):
    def profile_of_tanh(run):
        network = copy.copy(run.model.network)
        network.activation = "tanh"
        return mlp_profile(network, run.datamodule.x)

    monkeypatch.setattr(script, "run_profile", profile_of_tanh)
    assert failures(TWO_STEPS) == {"gelu.gain"}


def test_a_network_that_computes_another_activation_fails(script, failures, monkeypatch):
    right = script.Classifier.training_step

    def training_step(self, batch, batch_idx):
        self.network.phi = torch.tanh
        return right(self, batch, batch_idx)

    monkeypatch.setattr(script.Classifier, "training_step", training_step)
    assert failures(TWO_STEPS) == {"gelu.steepest", "gelu.least", "gelu.gain"}


def test_a_gain_of_squares_taken_for_one_of_norms_fails(script, failures, monkeypatch):
    right = script.mean_field.log10_signal_ratio
    monkeypatch.setattr(script.mean_field, "log10_signal_ratio", lambda profile: 2 * right(profile))
    assert failures(TWO_STEPS) == {"gelu.gain"}


def test_another_idea_of_flat_fails(script, failures, monkeypatch):
    right = script.mean_field.saturated_share
    monkeypatch.setattr(
        script.mean_field, "saturated_share", lambda name, q, fraction=0.05: right(name, q, 10 * fraction)
    )
    assert failures(TWO_STEPS) == {"gelu.flat"}


def test_an_activation_taken_for_the_weakest_though_it_learns_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "weakest", lambda variants: "tanh")
    assert failures(THREE_OF_THEM) == {"all.lead"}


def test_a_lead_is_not_claimed_where_all_are_weak_or_training_is_longer_than_was_seen(script, tmp_path):
    for typed in ("--model.network.depth 8", "--trainer.max_epochs 6"):
        cli = script.ExperimentCLI(
            script.__file__,
            script.Classifier,
            ["--brief=true", f"--runs_dir={tmp_path}", *THREE_OF_THEM.split(), *typed.split()],
            {"gradient_norms": script.GradientNormMonitor},
        )
        assert script.predict_lead(cli.variants) == []


def test_where_nothing_is_validated_the_table_has_a_dash(script, tmp_path, capsys):
    typed = "--only gelu --repeats 1 --trainer.max_steps 1 --model.network.width 32"
    assert script.main([f"--runs_dir={tmp_path}", *typed.split()]).holds
    said = capsys.readouterr().out
    assert "–" in said
    assert "nan" not in said
