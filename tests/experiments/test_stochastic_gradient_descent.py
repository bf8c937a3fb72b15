from dataclasses import replace

import pytest
import torch

SETTINGS = [
    "--seed_everything 1 --only mini_batch,with_replacement --data.batch_size 8 --model.curvature 2.5",
    "--seed_everything 2 --only mini_batch --data.rows 30 --data.batch_size 7 --model.optimizer.lr 0.3",
    "--seed_everything 3 --only double_rate --model.optimizer.lr 1.3 --model.start -2.0 --data.rows 16",
    "--seed_everything 1 --only with_replacement --model.optimizer.lr 1.8 --trainer.max_epochs 8",
    "--seed_everything 2 --only full_batch --data.rows 30 --model.optimizer.lr 1.9 --model.start 100.0",
]
# Fewer weights in shorter runs; what is claimed of them is less sharp.
SMALL = "--model.columns 2000 --data.columns 2000 --trainer.max_epochs 6"
REPLACED = f"--only with_replacement {SMALL}"
BOTH = f"--only mini_batch,with_replacement {SMALL}"
SPREADS = {"mini_batch.spread", "with_replacement.spread"}
WHOLE = "--only full_batch --model.columns 100 --data.columns 100"


@pytest.mark.parametrize("typed", [*SETTINGS, BOTH, WHOLE])
def test_all_verdicts_hold_at_other_rates_batches_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_an_error_that_shrinks_once_a_pass_fails(script, failures, monkeypatch):
    right = script.sampling.error_left
    monkeypatch.setattr(script.sampling, "error_left", lambda steps, walk: right(min(steps, 1), walk))
    assert failures(BOTH) == {"mini_batch.first_pass", "with_replacement.first_pass"}


@pytest.mark.parametrize(
    "change",
    [
        lambda walk: replace(walk, replacement=not walk.replacement),
        lambda walk: replace(walk, rate=walk.rate / 2),
        lambda walk: replace(walk, batch=2 * walk.batch),
    ],
    ids=["drawn_the_other_way", "half_the_rate", "twice_the_batch"],
)
def test_the_noise_of_another_walk_fails(change, script, failures, monkeypatch):
    right = script.sampling.spread
    monkeypatch.setattr(script.sampling, "spread", lambda steps, walk: right(steps, change(walk)))
    assert failures(BOTH) == SPREADS


def test_a_table_in_the_same_order_every_pass_fails(script, failures, monkeypatch):
    right = script.Columns.train_dataloader

    def train_dataloader(self):
        return torch.utils.data.DataLoader(right(self).dataset, self.batch_size)

    monkeypatch.setattr(script.Columns, "train_dataloader", train_dataloader)
    assert failures(BOTH) == SPREADS


def test_gradients_that_lean_to_one_side_fail(script, failures, monkeypatch):
    right = script.MeanEstimator.training_step

    def training_step(self, batch, batch_idx):
        return right(self, batch, batch_idx) + 0.02 * self.weight.sum()

    monkeypatch.setattr(script.MeanEstimator, "training_step", training_step)
    assert failures(BOTH) == {"mini_batch.first_pass", "with_replacement.first_pass"}
    assert failures(WHOLE) == {"full_batch.first_pass"}


def test_momentum_that_the_prediction_does_not_know_of_fails(script, failures, monkeypatch):
    right = script.MeanEstimator.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["momentum"] = 0.5  # the prediction reads the defaults, which say 0
        return optimizer

    monkeypatch.setattr(script.MeanEstimator, "configure_optimizers", configure_optimizers)
    assert failures(REPLACED) == {"with_replacement.first_pass", "with_replacement.spread"}


def test_sixteen_at_a_time_are_far_less_noisy_where_they_are_shuffled(measured):
    found = measured("--only mini_batch,with_replacement --data.batch_size 16")
    assert found["with_replacement.spread"] == pytest.approx(0.01316 / 4, rel=0.3)
    assert found["mini_batch.spread"] == pytest.approx(0.002457 / 54, rel=0.3)


def test_one_at_a_time_arrives_within_a_pass_and_stays_fifteen_times_as_noisy(measured):
    found = measured("--only mini_batch --data.batch_size 1 --trainer.max_epochs 4")
    assert abs(found["mini_batch.first_pass"]) < 0.01
    assert found["mini_batch.spread"] == pytest.approx(0.002457 * 15, rel=0.1)


@pytest.mark.parametrize("typed", ["--model.columns 1 --data.columns 1", "--model.optimizer.lr 1.0e-4"])
def test_of_too_few_weights_or_steps_no_spread_is_claimed(typed, measured):
    assert set(measured(f"--only mini_batch,with_replacement --trainer.max_epochs 2 {typed}")) == {
        "mini_batch.first_pass",
        "with_replacement.first_pass",
    }


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            "--only mini_batch --model.optimizer.lr 2.0",
            "rate · curvature is 2; a walk settles between 0 and 2",
        ),
        ("--only mini_batch --model.optimizer.lr 0", "rate is 0.0; it must be positive and finite"),
        ("--only mini_batch --model.optimizer.momentum 0.9", "momentum is 0.9 in mini_batch"),
        ("--only mini_batch --trainer.precision 32-true", "trainer.precision is '32-true' in mini_batch"),
        (
            "--only mini_batch --trainer.accumulate_grad_batches 16",
            "trainer.accumulate_grad_batches is 16 in mini_batch; these laws hold with 1",
        ),
        (
            "--only half_rate --data.order fixed",
            "in half_rate, data.order is fixed; choose shuffled or replacement",
        ),
        ("--only with_replacement --data.batch_size 5", "data.batch_size is 5; choose a divisor of 64"),
        ("--only mini_batch --trainer.limit_train_batches 3", "trainer.limit_train_batches is 3; choose 1.0"),
        ("--only mini_batch --data.columns 7", "model.columns is 10000 and data.columns 7; make them equal"),
        ("--only mini_batch --model.start 1.0e+300", r"model.start is 1e+300; choose one within ±1e6"),
        ("--only mini_batch --model.curvature 1.0e-9", "model.curvature is 1e-09; choose 1e-6 to 1e6"),
        ("--only half_rate --trainer.max_steps 3", "no law of this experiment speaks of this config"),
        ("--only mini_batch --data zoo.data.Steps", "data is Steps in mini_batch; choose zoo.data.Columns"),
    ],
)
def test_what_no_law_speaks_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
