import pytest

SETTINGS = [
    "--seed_everything 1 --only too_large --data.samples 60",
    "--seed_everything 2 --only right --data.standardize false --model.optimizer.lr 1.35e-5",
    "--seed_everything 3 --only too_large --trainer.max_steps 100",
    "--only too_small,right --trainer.max_steps 1",
    "--only right --trainer.max_steps 300",
]
SHORT = "--trainer.max_steps 10"
LOSSES = {"too_small.loss", "right.loss", "too_large.loss"}


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_rates_lengths_patients_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_a_closed_form_with_a_rate_that_is_a_millionth_off_fails(script, failures, monkeypatch):
    right = script.descent.iterates
    monkeypatch.setattr(
        script.descent, "iterates", lambda *form: right(*form[:3], form[3] * (1 + 1e-6), *form[4:])
    )
    assert failures(SHORT) == LOSSES


def test_a_prediction_just_under_the_limit_fails_where_the_rate_is_just_over(script, failures, monkeypatch):
    right = script.descent.iterates
    monkeypatch.setattr(script.descent, "iterates", lambda *form: right(*form[:3], 0.97 * form[3], *form[4:]))
    assert failures(SHORT) == LOSSES | {"too_large.downhill"}


def test_curvatures_that_are_all_a_tenth_smaller_bear_the_rate_that_is_too_large(
    script, failures, monkeypatch
):
    right = script.descent.curvatures
    monkeypatch.setattr(script.descent, "curvatures", lambda hessian: 0.9 * right(hessian))
    assert failures(SHORT) == {"too_large.growing"}


def test_a_hessian_without_its_factor_2_fails(script, failures, monkeypatch):
    right = script.descent.mse_hessian
    monkeypatch.setattr(script.descent, "mse_hessian", lambda x: right(x) / 2)
    assert failures(SHORT) >= LOSSES | {"too_large.downhill", "too_large.growing"}


def test_steps_on_a_slope_that_is_a_hundred_millionth_too_steep_fail(script, failures, monkeypatch):
    right = script.Regressor.training_step
    monkeypatch.setattr(script.Regressor, "training_step", lambda *batch: (1 + 1e-8) * right(*batch))
    assert failures(SHORT) == LOSSES


def test_one_percent_below_the_limit_every_step_goes_downhill(measured):
    found = measured("--only too_large --model.optimizer.lr 0.246")
    assert (found["too_large.downhill"], found["too_large.growing"]) == (40, 0)


def test_at_more_than_three_times_the_limit_three_directions_diverge(measured):
    assert measured("--only right --model.optimizer.lr 0.9 --trainer.max_steps 10")["right.growing"] == 3


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--model.network.bias false", ["right", "a bias"]),
        ("--model.network.in_features 9", ["right", "10 in_features"]),
        ("--data zoo.data.Steps", ["right", "Steps", "zoo.data.Diabetes"]),
        ("--model.optimizer.lr 0", ["rate is 0.0", "positive"]),
        ("--model.optimizer.lr 1e9", ["right leaves float64", "40 steps"]),
        ("--model.optimizer.momentum 0.9", ["momentum is 0.9", "SGD without it"]),
        ("--trainer.precision 32-true", ["'32-true'", "64-true"]),
        ("--trainer.gradient_clip_val 1", ["gradient_clip_val is 1", "None"]),
    ],
)
def test_what_these_laws_do_not_speak_of_is_refused(typed, words, refusal):
    said = refusal(f"--only right {typed}")
    assert [word for word in words if word not in said] == []
