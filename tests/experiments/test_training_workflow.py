import pytest
import torch

SETTINGS = [
    "--seed_everything 1 --only training,one_step --model.network.width 128 --model.optimizer.lr 0.2",
    "--seed_everything 2 --only one_step,short_step --model.network.activation gelu --model.network.depth 3 "
    "--model.optimizer.momentum 0.9",
    "--seed_everything 3 --only one_step,training --model.network.activation relu --trainer.max_epochs 1 "
    "--model.network.initialization xavier",
    "--seed_everything 4 --only random_labels,giant_step --data.validation_samples 400",
    "--seed_everything 5 --only one_step --model.network.activation sigmoid --data.validation_samples 1000 "
    "--model.network.initialization normal --model.network.weight_std 3.0",
    # The same steps cut short, and on noise for images instead of digits.
    "--only training,one_step --data zoo.data.Images --data.name fake --data.train_samples 50 "
    "--data.validation_samples 40 --model.network.in_features 784 --trainer.max_epochs 1",
]
STEPS = "--only one_step,short_step"
ONE = "--only one_step"
SHORT = "--only training --trainer.max_steps 10"
RANDOM = "--only random_labels"


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_networks_rates_data_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_a_shorter_step_keeps_more_of_the_promise(measured):
    usual, shorter = (measured(typed)["one_step.kept"] for typed in (ONE, f"{ONE} --model.optimizer.lr 0.1"))
    assert usual < shorter < 1


def test_more_and_shorter_steps_are_as_good_in_the_end(measured):
    found = measured("--only training --model.optimizer.lr 0.2 --trainer.max_epochs 8")
    assert found["training.accuracy"] > 0.9


def test_before_anything_is_learnt_noise_costs_what_digits_cost(measured):
    typed = "--only training --data zoo.data.Images --data.name fake --model.network.in_features 784"
    found = measured(f"{typed} --data.train_samples 64 --trainer.max_epochs 2")
    assert found["training.start"] == pytest.approx(2.3, abs=0.3)
    assert found["training.accuracy"] < 0.2


def test_a_pass_by_hand_with_half_the_slope_fails(script, failures, monkeypatch):
    right = script.slope
    monkeypatch.setattr(script, "slope", lambda name, x: right(name, x) / 2)
    assert failures(ONE) == {"one_step.update", "one_step.kept"}


def test_a_pass_by_hand_that_loses_a_bias_gradient_fails(script, failures, monkeypatch):
    right = script.linear_vjp
    monkeypatch.setattr(script, "linear_vjp", lambda *inputs: (*right(*inputs)[:2], 0 * right(*inputs)[2]))
    assert "one_step.update" in failures(ONE)


def test_a_promise_that_knows_of_no_curvature_fails(script, failures, monkeypatch):
    right = script.curvature.share_of_promise
    monkeypatch.setattr(
        script.curvature, "share_of_promise", lambda along, rate: (1.0, right(along, rate)[1])
    )
    assert failures(STEPS) == {"one_step.kept", "short_step.kept"}


def test_a_curvature_of_twice_its_size_fails(script, failures, monkeypatch):
    right = script.curvature.along_descent

    def along_descent(loss, point):
        value, slope, second, *rest = right(loss, point)
        return [value, slope, 2 * second, *rest]

    monkeypatch.setattr(script.curvature, "along_descent", along_descent)
    assert failures(STEPS) == {"one_step.kept", "short_step.kept"}


def test_weights_that_decay_without_saying_so_fail(script, failures, monkeypatch):
    right = script.Classifier.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["weight_decay"] = 1e-6  # the prediction reads the defaults, which say 0
        return optimizer

    monkeypatch.setattr(script.Classifier, "configure_optimizers", configure_optimizers)
    assert failures(SHORT) == {"training.conserved"}
    assert failures(ONE) == {"one_step.update"}


def test_a_first_loss_in_bits_fails(script, failures, monkeypatch):
    monkeypatch.setattr(
        script.untrained, "first_loss", lambda classes, q: torch.tensor(classes).log2().item()
    )
    assert failures(SHORT) == {"training.start"}


def test_new_samples_that_are_the_old_ones_are_no_guess(script, failures, monkeypatch):
    right = script.Images.setup

    def setup(self, stage=None):
        right(self, stage)
        self.validation = self.train

    monkeypatch.setattr(script.Images, "setup", setup)
    assert failures(RANDOM) == {"random_labels.accuracy"}


def test_a_network_that_is_never_updated_learns_nothing(script, failures, monkeypatch):
    monkeypatch.setattr(torch.optim.SGD, "step", lambda self, closure: closure())
    assert failures("--only training,giant_step") == {"training.accuracy", "giant_step.update"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("--model.optimizer.lr 0.0", "model.optimizer.lr is 0.0 in one_step; choose one above 0"),
        ("--model.optimizer torch.optim.Adam", "the optimizer is Adam in one_step; these laws speak of SGD"),
        ("--trainer.precision 32-true", "trainer.precision is '32-true' in one_step"),
        ("--model.network.bias false", "model.network.bias is false in one_step"),
        ("--model.optimizer.weight_decay 0.1", "weight_decay is 0.1 in one_step"),
        ("--data zoo.data.Diabetes", "a classifier needs classes: choose zoo.data.Digits or zoo.data.Images"),
    ],
)
def test_what_the_laws_do_not_speak_of_is_refused(typed, said, refusal):
    assert said in refusal(f"{ONE} {typed}")
