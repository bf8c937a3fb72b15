import pytest
import torch

SHORT = "--trainer.max_epochs 1"
SETTINGS = [
    f"--seed_everything 1 {SHORT} --data.batch_size 16 --model.optimizer.lr 0.05",
    f"--seed_everything 2 {SHORT} --model.optimizer.lr 100",
    "--seed_everything 3 --trainer.max_epochs 2 --data.batch_size 2000",
    f"{SHORT} --model.network.bias false --data.validation_samples 1796 --data.batch_size 1",  # one digit
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_rates_batches_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_a_jacobian_without_what_classes_take_from_each_other_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "softmax_jacobian", lambda z: torch.diag_embed(script.softmax(z)))
    assert failures(SHORT) == {"digits.jacobian"}


def test_exponentials_that_are_not_made_to_add_up_to_1_fail(script, failures, monkeypatch):
    monkeypatch.setattr(script, "softmax", lambda z: 1.0001 * torch.softmax(z, dim=-1))
    assert failures(SHORT) >= {"digits.jacobian", "digits.slope", "digits.curvature", "two_rivals.largest"}


def test_a_squared_error_in_the_place_of_cross_entropy_fails(script, failures, monkeypatch):
    def squared(z, y):
        true = torch.arange(script.C) == y[:, None]
        return ((torch.softmax(z, dim=1) - true.double()) ** 2).sum(dim=1).mean()

    monkeypatch.setattr(script, "cross_entropy", squared)
    assert failures(SHORT) >= {"equal_odds.loss", "digits.slope", "digits.curvature"}


def test_a_bias_towards_one_class_moves_the_sum_of_weights_and_fails(script, failures, monkeypatch):
    right = script.Classifier.training_step
    monkeypatch.setattr(
        script.Classifier,
        "training_step",
        lambda self, *batch: right(self, *batch) + 1e-6 * self.network.weight[0].sum(),
    )
    assert failures(SHORT) == {"digits.moved"}


def test_a_bound_of_a_quarter_on_eigenvalues_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.softmax_spectrum, "LARGEST_EIGENVALUE", 0.25)
    assert failures(SHORT) == {"digits.largest"}


def test_a_floor_with_one_class_too_many_fails(script, failures, monkeypatch):
    right = script.softmax_spectrum.floor_if_taken_twice
    monkeypatch.setattr(script.softmax_spectrum, "floor_if_taken_twice", lambda classes: right(classes + 1))
    assert failures(SHORT) == {"taken_twice.loss"}


def test_a_trace_of_one_less_the_sum_of_p_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.softmax_spectrum, "trace", lambda p: 1 - sum(p))
    assert failures(SHORT) == {"three_classes.trace"}


def test_the_more_certain_p_is_the_less_is_left_of_the_jacobian(measured):
    briefly, longer = (
        measured(f"--trainer.max_epochs {epochs}")["digits.left"] for epochs in (5, 20)
    )  # between −2L and 0
    assert briefly < 2 * longer < 0


def test_after_steps_that_are_too_long_slopes_are_nearly_as_long_as_they_can_be(measured):
    assert 1.4 < measured("--model.optimizer.lr 20")["digits.length"] <= 2**0.5


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--model.network.out_features 5", ["Linear(in_features=64, out_features=5", "from 64 to 10"]),
        ("--model.network zoo.models.MLP", ["MLP", "torch.nn.Linear"]),
        ("--data zoo.data.Diabetes", ["Diabetes", "zoo.data.Digits"]),
        ("--model.optimizer.lr 1000", ["lr is 1000", "100"]),
        ("--model.optimizer torch.optim.Adam", ["Adam", "SGD"]),
        ("--trainer.precision 32-true", ["'32-true'", "64-true"]),
    ],
)
def test_what_these_laws_do_not_speak_of_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
