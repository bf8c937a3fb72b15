import math

import pytest

SETTINGS = [
    "--seed_everything 1 --only small_rate,overshooting --model.surface.coefficients [2.0,3.0,0.7] "
    "--model.surface.start -20 --data.count 30",
    "--seed_everything 2 --only tiny_rate,overshooting --model.surface.coefficients [1.0e6,-6.0,1.0]",
    "--only tiny_rate --model.optimizer.lr 0.001 --data.count 200",
    "--only tiny_rate,over_the_limit --model.optimizer.lr 0.97 --data.count 60",
    "--only over_the_limit --model.optimizer.lr 4 --data.count 60",
    # 0.1 is no binary fraction: ηλ is 2 only after rounding, and the path drifts by as much.
    "--only at_the_limit --model.surface.coefficients [90,-60,10] --model.optimizer.lr 0.1 --data.count 100",
    "--only small_rate,inverse_curvature,over_the_limit,flat_bottom,no_bottom --data.count 1",
    "--only flat_bottom,no_bottom --model.optimizer.lr 0.4 --data.count 40",
    "--only flat_bottom --model.surface.start -2.0 --model.optimizer.lr 0.05 --data.count 40",
    "--only no_bottom --model.surface.start -3.0 --model.optimizer.lr 0.5 --data.count 40",
    "--only no_bottom --model.surface.start 4.0 --model.optimizer.lr 30 --data.count 40",
    "--seed_everything 1 --only diabetes_too_large --data.samples 60",
    "--seed_everything 2 --only diabetes_right --data.standardize false --model.optimizer.lr 1.35e-5",
    "--seed_everything 3 --only diabetes_too_large --trainer.max_steps 100",
]
BOWLS = "--only small_rate,inverse_curvature,overshooting,at_the_limit,over_the_limit --data.count 6"
SLOW = "--only flat_bottom,no_bottom --data.count 60"
TABLE = "--only diabetes_too_small,diabetes_right,diabetes_too_large --trainer.max_steps 10"
LOSSES = {"diabetes_too_small.loss", "diabetes_right.loss", "diabetes_too_large.loss"}


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_rates_starts_curvatures_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_regimes_that_begin_at_half_their_rates_fail(script, failures, monkeypatch):
    right = script.regimes.regime
    monkeypatch.setattr(script.regimes, "regime", lambda rate, curvature: right(2 * rate, curvature))
    assert failures(BOWLS) == {
        f"{run}.regime" for run in ("inverse_curvature", "overshooting", "at_the_limit")
    }


def test_a_descent_lemma_without_its_half_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.regimes, "fall", lambda rate, curvature: rate * (1 - rate * curvature))
    assert failures(BOWLS) == {f"{run}.fall" for run in ("overshooting", "at_the_limit", "over_the_limit")}


def test_a_closed_form_with_a_rate_that_is_a_millionth_off_fails(script, failures, monkeypatch):
    right = script.descent.iterates
    monkeypatch.setattr(
        script.descent, "iterates", lambda *form: right(*form[:3], form[3] * (1 + 1e-6), *form[4:])
    )
    # From 1/λ six such steps lead to 3 all the same: what is left is a millionth to the power of six.
    assert failures(BOWLS) == {
        f"{run}.end" for run in ("small_rate", "overshooting", "at_the_limit", "over_the_limit")
    }
    assert failures(TABLE) == LOSSES


def test_a_prediction_just_under_the_limit_fails_where_the_rate_is_just_over(script, failures, monkeypatch):
    right = script.descent.iterates
    monkeypatch.setattr(script.descent, "iterates", lambda *form: right(*form[:3], 0.97 * form[3], *form[4:]))
    assert failures(TABLE) == LOSSES | {"diabetes_too_large.downhill"}


def test_steps_on_a_slope_that_is_a_billionth_too_steep_fail(script, failures, monkeypatch):
    right = script.Minimizer.training_step
    monkeypatch.setattr(script.Minimizer, "training_step", lambda *batch: (1 + 1e-9) * right(*batch))
    assert failures(BOWLS) == {
        *(f"{run}.end" for run in ("small_rate", "overshooting", "at_the_limit", "over_the_limit")),
        *(f"{run}.fall" for run in ("overshooting", "at_the_limit", "over_the_limit")),
    }


def test_a_point_that_is_pushed_across_fails_to_be_monotone(script, failures, monkeypatch):
    right = script.Minimizer.training_step

    def training_step(self, batch, batch_idx):
        kick = 100 * (batch_idx == 3) * self.surface.point.sum()
        return right(self, batch, batch_idx) - kick

    monkeypatch.setattr(script.Minimizer, "training_step", training_step)
    assert failures("--only small_rate --data.count 6") == {"small_rate.regime", "small_rate.end"}


def test_twice_the_lead_over_the_flow_fails(script, failures, monkeypatch):
    right = script.regimes.lead
    monkeypatch.setattr(script.regimes, "lead", lambda *form: 2 * right(*form))
    assert failures("--only tiny_rate --data.count 50") == {"tiny_rate.lead"}


def test_the_flow_alone_without_the_term_for_steps_of_finite_length_fails(script, failures, monkeypatch):
    def quartic_decay(step, start, rate):
        x = (start**-2 + 2 * rate * step) ** -0.5 * math.sqrt(2 * rate * step)
        return (1 - 1e-4) * x, (1 + 1e-4) * x

    def logistic_decay(step, start, rate):
        w = target = math.exp(start) + start + rate * step
        for _ in range(99):
            w = math.log(target - w) if w < target else 1.0
        loss = math.log1p(math.exp(-w)) * rate * step
        return (1 - 1e-3) * loss, (1 + 1e-3) * loss

    monkeypatch.setattr(script.sublinear, "quartic_decay", quartic_decay)
    monkeypatch.setattr(script.sublinear, "logistic_decay", logistic_decay)
    assert failures(SLOW) == {"flat_bottom.decay", "no_bottom.decay"}


def test_a_factor_that_stays_what_it_is_in_the_first_step_fails(script, failures, monkeypatch):
    for name in ("quartic_factor", "logistic_factor"):
        right = getattr(script.sublinear, name)
        monkeypatch.setattr(
            script.sublinear, name, lambda step, start, rate, right=right: right(1, start, rate)
        )
    assert failures(SLOW) == {"flat_bottom.factor", "no_bottom.factor"}


def test_momentum_that_the_prediction_does_not_know_of_fails(script, failures, monkeypatch):
    right = script.Minimizer.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["momentum"] = 0.5  # the prediction reads the defaults, which say 0
        return optimizer

    monkeypatch.setattr(script.Minimizer, "configure_optimizers", configure_optimizers)
    assert failures("--only small_rate,flat_bottom,no_bottom --data.count 40") == {
        *("small_rate.regime", "small_rate.end"),
        *(f"{run}.{key}" for run in ("flat_bottom", "no_bottom") for key in ("decay", "factor")),
    }


def test_eleven_times_as_steep_the_same_rate_diverges(measured):
    found = measured("--only small_rate --model.surface.coefficients '[99, -66, 11]'")
    assert found["small_rate.regime"] == "diverging"
    assert found["small_rate.fall"] < 0


def test_twice_the_steps_leave_half_of_the_loss(measured):
    once, twice = (
        measured(f"--only no_bottom --data.count {count}")["no_bottom.decay"] / count for count in (100, 200)
    )
    assert twice / once == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--only small_rate --model.optimizer.lr 0", ["rate is 0.0", "positive"]),
        ("--only small_rate --model.optimizer.lr 1e9", ["small_rate leaves float64", "20 steps"]),
        ("--only small_rate --model.optimizer.lr 1.0000001", ["2.0000002", "within a millionth"]),
        ("--only small_rate --model.optimizer.lr 1e-8", ["2e-08", "within a millionth"]),
        ("--only small_rate --model.optimizer.momentum 0.9", ["momentum is 0.9", "SGD without it"]),
        ("--only small_rate --model.optimizer torch.optim.Adam", ["Adam", "SGD"]),
        ("--only small_rate --model.surface.start 3", ["start is 3", "farther from 3"]),
        ("--only small_rate --model.surface.coefficients [9.0,-6.0,-1.0]", ["small_rate", "opens upwards"]),
        ("--only flat_bottom --model.surface.coefficients [0.0,0.0,0.0,0.0,0.5]", ["flat_bottom", "x⁴/4"]),
        ("--only small_rate --model.surface.copies 2", ["copies is 2 in small_rate", "speak of 1"]),
        ("--only small_rate --model.noise_std 0.1", ["noise_std is 0.1", "without noise"]),
        ("--only small_rate --model.stop_radius 5", ["stop_radius 5", "a whole run"]),
        ("--only small_rate --trainer.precision 32-true", ["'32-true'", "64-true"]),
        ("--only small_rate --trainer.gradient_clip_val 1", ["gradient_clip_val is 1", "None"]),
        ("--only flat_bottom --model.optimizer.lr 0.6", ["rate · start² is 0.6", "at most 0.5"]),
        ("--only flat_bottom --model.surface.start 0", ["start is 0.0", "0.001 to 1000"]),
        ("--only no_bottom --model.surface.start 50", ["start is 50.0", "−30 to 30"]),
        ("--only no_bottom --model.optimizer.lr 3", ["rate · slope is 1.5", "at most 1"]),
        ("--only diabetes_right --model.network.bias false", ["diabetes_right", "a bias"]),
        ("--only diabetes_right --model.network.in_features 9", ["diabetes_right", "10 in_features"]),
        ("--only diabetes_right --data zoo.data.Steps", ["diabetes_right", "zoo.data.Diabetes"]),
        ("--only diabetes_right --model.optimizer.lr 1e9", ["diabetes_right leaves float64", "40 steps"]),
    ],
)
def test_what_these_laws_do_not_speak_of_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
