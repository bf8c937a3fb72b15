import math

import pytest
import torch

SETTINGS = [
    "--seed_everything 2 --model.optimizer.lr 0.37 --model.surface.curvatures '[0.9]' "
    "--model.surface.start '[-0.4]' --data.count 40",
    "--only overdamped,underdamped --model.optimizer.dampening 0.4 --data.count 90",
    "--only underdamped --model.optimizer.nesterov true --data.count 200",
    "--only overdamped --model.optimizer.momentum 0.0 --data.count 30",
    "--only underdamped --model.optimizer.lr 0.5 --model.optimizer.momentum 0.5",  # it lands on 0 exactly
    "--only underdamped --model.surface.curvatures '[60]' --model.optimizer.momentum 0.1 "
    "--data.count 900",  # long after it has been rounded to 0
    "--only critically_damped --data.count 3 --model.surface.copies 1",
]
ALL = "--data.count 40"


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_springs_momenta_and_lengths(typed, failures):
    assert failures(typed) == set()


def test_twice_the_root_of_beta_fails(script, failures, monkeypatch):
    monkeypatch.setattr(
        script.momentum, "factor", lambda rate, curvature, momentum, **form: 2 * math.sqrt(momentum)
    )
    assert failures(ALL) == {f"{name}.factor" for name in ("overdamped", "critically_damped", "underdamped")}


def test_the_root_of_beta_fails_below_critical_damping(script, failures, monkeypatch):
    monkeypatch.setattr(
        script.momentum, "factor", lambda rate, curvature, momentum, **form: math.sqrt(momentum)
    )
    assert failures(ALL) == {"overdamped.factor"}


def test_a_momentum_off_by_a_thousandth_fails(script, failures, monkeypatch):
    right = script.momentum.factor
    monkeypatch.setattr(
        script.momentum,
        "factor",
        lambda rate, curvature, momentum, **form: right(rate, curvature, 1.001 * momentum, **form),
    )
    assert failures("--only overdamped,underdamped --data.count 40") == {
        "overdamped.factor",
        "underdamped.factor",
    }


def test_a_double_root_without_its_factor_1_plus_ck_fails(script, failures, monkeypatch):
    right = script.quadratic_path

    def single(run):
        path = right(run)
        z = script.momentum.factor(*script.rate_and_curvature(run), **script.momentum_form(run))
        return path[0] * z ** torch.arange(len(path))[:, None]

    monkeypatch.setattr(script, "quadratic_path", single)
    assert failures("--only critically_damped --data.count 40") == {
        "critically_damped.path",
        "critically_damped.last",
    }


def test_critical_damping_without_the_root_fails(script, failures, monkeypatch):
    monkeypatch.setattr(
        script.momentum, "critical_momentum", lambda rate, curvature, *form: 1 - rate * curvature
    )
    assert failures(ALL) == {"underdamped.crossings"}


def test_a_whole_period_for_the_half_one_fails(script, failures, monkeypatch):
    right = script.momentum.half_period
    monkeypatch.setattr(script.momentum, "half_period", lambda *args, **form: 2 * right(*args, **form))
    assert failures("--only underdamped --data.count 200") == {"underdamped.half_period"}


def test_four_times_the_curvature_swings_twice_as_often_and_shrinks_as_before(measured):
    once = measured("--only underdamped")
    faster = measured("--only underdamped --model.surface.curvatures '[4.0]'")
    assert once["underdamped.half_period"] == pytest.approx(2 * faster["underdamped.half_period"], rel=0.05)
    assert once["underdamped.factor"] == pytest.approx(faster["underdamped.factor"], abs=1e-5)


def test_an_average_is_hardly_better_than_no_momentum(measured):
    average = measured("--only critically_damped --model.optimizer.dampening 0.81 --data.count 9")
    without = measured("--only critically_damped --model.optimizer.momentum 0.0 --data.count 9")
    for found in (average, without):
        assert found["critically_damped.factor"] == pytest.approx(0.99, abs=1e-3)


REFUSALS = [
    (
        "--only overdamped --model.optimizer.lr 0",
        "model.optimizer.lr is 0 in overdamped; choose an lr above 0",
    ),
    ("--only overdamped --model.optimizer.lr 1.5", "ηλ is 1.5 in overdamped; choose less than 1"),
    (
        "--only overdamped --model.optimizer.momentum 1.5",
        "momentum is 1.5; it must be at least 0 and below 1",
    ),
    ("--only overdamped --model.optimizer torch.optim.Adam", "the optimizer is Adam in overdamped"),
    ("--only overdamped --model.stop_radius 1.0", "model.stop_radius 1.0 in overdamped; these laws"),
    (
        "--only overdamped --model.surface.curvatures '[-1.0]'",
        "curvatures are [-1.0] and start [1.0] in over",
    ),
    (
        "--only overdamped --model.surface.curvatures '[1.0, 2.0]' --model.surface.start '[1.0, 1.0]'",
        "choose one above 0",
    ),
    ("--only overdamped --model.surface.start '[1e-200]'", "one from 1e-100 to 1e100 in size"),
    ("--only overdamped --data.count 2", "data.count is 2 in overdamped; choose 3 or more"),
    ("--only overdamped --model.surface zoo.models.Logistic", "Logistic in overdamped; choose zoo.models.Q"),
    ("--only overdamped --trainer.precision 32-true", "trainer.precision is '32-true' in overdamped"),
]


@pytest.mark.parametrize(("typed", "sentence"), REFUSALS)
def test_what_these_laws_do_not_speak_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
