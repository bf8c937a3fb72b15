import dataclasses
import math

import pytest

SETTINGS = [
    "--seed_everything 1 --model.optimizer.lr 0.4 --data.count 41",
    "--data.count 1",
    "--only flat_bottom --model.surface.start -2.0 --model.optimizer.lr 0.05 --data.count 40",
    "--only no_bottom --model.surface.start -3.0 --model.optimizer.lr 0.5 --data.count 40",
    "--seed_everything 2 --only no_bottom --model.surface.start 4.0 --model.optimizer.lr 30 --data.count 40",
    "--only no_bottom --model.surface.start -2 --data.count 2",
    "--only no_bottom --model.surface.start -2.5 --data.count 3",
    "--only no_bottom --model.surface.start -4 --data.count 4 --model.optimizer.lr 0.9",
]
SHORT = "--data.count 60"
RUNS = ("flat_bottom", "no_bottom")


def everything(*quantities):
    return {f"{run}.{quantity}" for run in RUNS for quantity in quantities}


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_rates_starts_lengths_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_the_flow_alone_without_the_term_for_steps_of_finite_length_fails(script, failures, monkeypatch):
    def quartic(step, start, rate):
        x = (start**-2 + 2 * rate * step) ** -0.5
        return (1 - 1e-4) * x, (1 + 1e-4) * x

    def logistic(step, start, rate):
        w = target = math.exp(start) + start + rate * step
        for _ in range(99):
            w = math.log(target - w) if w < target else 1.0
        return w - 1e-3, w + 1e-3

    for name, flow in (("QUARTIC", quartic), ("LOGISTIC", logistic)):
        law = dataclasses.replace(getattr(script.sublinear, name), point=flow)
        monkeypatch.setattr(script.sublinear, name, law)
    assert failures(SHORT) >= everything("loss")


def test_a_fixed_factor_that_stays_what_it_is_in_the_first_step_fails(script, failures, monkeypatch):
    right = script.sublinear.Law.factor
    monkeypatch.setattr(script.sublinear.Law, "factor", lambda law, step, *form: right(law, 1, *form))
    assert failures(SHORT) == everything("factor")


def test_a_doubling_that_divides_by_four_or_two_from_the_start_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.sublinear.Law, "doubling", lambda law, *form: (2**law.power,) * 2)
    assert failures(SHORT) == everything("doubling")


def test_momentum_that_the_prediction_does_not_know_of_fails(script, failures, monkeypatch):
    right = script.Minimizer.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["momentum"] = 0.5  # the prediction reads the defaults, which say 0
        return optimizer

    monkeypatch.setattr(script.Minimizer, "configure_optimizers", configure_optimizers)
    assert failures(SHORT) == everything("loss", "doubling", "factor")


def test_a_slope_that_is_a_hundredth_too_steep_fails(script, failures, monkeypatch):
    right = script.Minimizer.training_step
    monkeypatch.setattr(script.Minimizer, "training_step", lambda *batch: 1.01 * right(*batch))
    assert failures(SHORT) >= everything("loss")


def test_twice_the_steps_leave_half_of_the_loss(measured):
    once, twice = (
        measured(f"--only no_bottom --data.count {count}")["no_bottom.loss"] for count in (100, 200)
    )
    assert twice / once == pytest.approx(0.5, abs=0.005)


def test_twice_the_rate_leaves_a_quarter_of_the_loss(measured):
    once, twice = (
        measured(f"--only flat_bottom --model.optimizer.lr {rate}")["flat_bottom.loss"] for rate in (0.1, 0.2)
    )
    assert twice / once == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--only flat_bottom --model.optimizer.lr 0", ["lr is 0", "flat_bottom", "above 0"]),
        ("--only flat_bottom --model.optimizer.lr 1e-300", ["lr is 1e-300", "flat_bottom", "float64"]),
        ("--only flat_bottom --model.optimizer.lr 0.6", ["rate · start² is 0.6", "at most 0.5"]),
        ("--only flat_bottom --model.surface.start 0", ["start is 0.0", "0.001 to 1000"]),
        ("--only flat_bottom --model.surface.coefficients [0.0,0.0,0.0,0.0,0.5]", ["flat_bottom", "x⁴/4"]),
        ("--only flat_bottom --model.surface.copies 2", ["copies is 2", "choose 1"]),
        ("--only no_bottom --model.surface.start 50", ["start is 50.0", "−30 to 30"]),
        ("--only no_bottom --model.optimizer.lr 3", ["rate · slope is 1.5", "at most 1"]),
        ("--only no_bottom --model.optimizer.momentum 0.9", ["momentum is 0.9", "SGD without it"]),
        ("--only no_bottom --model.optimizer torch.optim.Adam", ["Adam", "SGD"]),
        ("--only no_bottom --model.noise_std 0.1", ["noise_std is 0.1", "without noise"]),
        ("--only no_bottom --trainer.precision 32-true", ["'32-true'", "64-true"]),
    ],
)
def test_what_these_laws_do_not_speak_of_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
