import math

import pytest

SETTINGS = [
    "--seed_everything 1 --only gradient_descent,heavy_ball,nesterov --data.count 60 "
    "--model.optimizer.lr 0.0073 --model.surface.curvatures '[0.7, 130.0, 3.0]' "
    "--model.surface.start '[-2.0, 0.3, 1.0]'",
    "--seed_everything 2 --only overdamped,critically_damped,underdamped --model.optimizer.lr 0.37 "
    "--model.surface.curvatures '[0.9]' --model.surface.start '[-0.4]'",
    "--seed_everything 3 --only overdamped,nesterov,limit_nesterov --model.surface.curvatures '[0.31]' "
    "--model.surface.start '[5.0]' --model.optimizer.lr 0.77 --model.optimizer.momentum 0.93 --data.count 70",
    "--seed_everything 1 --only limit_heavy_ball,limit_nesterov --model.optimizer.momentum 0.37",
    "--only gradient_descent,heavy_ball,nesterov --data.count 3 --model.surface.copies 2",
    "--only heavy_ball,limit_heavy_ball --model.optimizer.dampening 0.4 --data.count 30",
    "--only gradient_descent --model.optimizer.lr 0.021 --data.count 30",
    "--only gradient_descent --model.optimizer.lr 1.0 --model.surface.curvatures '[1.0, 0.5]' --data.count 9",
    "--seed_everything 2 --only slope_heavy_ball --model.surface.coefficients '[3.0, -0.2]' "
    "--model.surface.start 7.0 --model.optimizer.lr 0.3 --model.optimizer.dampening 0.5",
    "--only slope_heavy_ball --model.optimizer.nesterov true --model.optimizer.momentum 0.6 --data.count 9",
    "--only slope_adam --model.optimizer.betas '[0.0, 0.5]' --model.optimizer.eps 0.1 "
    "--model.surface.coefficients '[3.0, -0.2]'",
]
VALLEY = "--only gradient_descent,heavy_ball,nesterov --data.count 30"
SPRING = "--only overdamped,critically_damped,underdamped --data.count 30"
LIMITS = "--only limit_heavy_ball,limit_nesterov"
SLOPES = "--only slope_heavy_ball,slope_adam --data.count 30"


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_bowls_rates_momenta_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_momentum_left_out_of_the_optimizer_fails(script, failures, monkeypatch):
    right = script.Minimizer.configure_optimizers

    def configure_optimizers(self):
        optimizer = right(self)
        optimizer.param_groups[0]["momentum"] = 0.0  # the prediction reads the defaults
        optimizer.param_groups[0]["nesterov"] = False
        return optimizer

    monkeypatch.setattr(script.Minimizer, "configure_optimizers", configure_optimizers)
    assert failures(VALLEY) == {
        f"{name}.{claim}" for name in ("heavy_ball", "nesterov") for claim in ("path", "factor")
    }


def test_nesterov_taken_for_the_heavy_ball_fails(script, failures, monkeypatch):
    right = script.momentum.iterate
    monkeypatch.setattr(
        script.momentum, "iterate", lambda *args, **form: right(*args, **form | {"nesterov": False})
    )
    assert failures(VALLEY) == {"nesterov.path"}


def test_a_first_step_of_nesterov_without_its_own_momentum_fails(script, failures, monkeypatch):
    right = script.momentum._recursion
    monkeypatch.setattr(
        script.momentum,
        "_recursion",
        lambda rate, curvature, *form: (*right(rate, curvature, *form)[:3], 1 - rate * curvature),
    )
    assert failures(VALLEY) == {"nesterov.path"}


def test_a_double_root_without_its_factor_1_plus_ck_fails(script, failures, monkeypatch):
    def iterate(k, start, *args, **form):
        return start * script.momentum.roots(*args, **form)[0].real ** k

    monkeypatch.setattr(script.momentum, "iterate", iterate)
    assert failures("--only heavy_ball") == {"heavy_ball.path", "heavy_ball.steps"}


def test_condition_counted_by_kappa_and_not_by_its_root_fails(script, failures, monkeypatch):
    right = script.momentum.heavy_ball_tuning
    monkeypatch.setattr(
        script.momentum, "heavy_ball_tuning", lambda curvatures: right(curvatures)._replace(factor=99 / 101)
    )
    assert failures(VALLEY) == {"heavy_ball.factor"}


def test_twice_the_root_of_beta_fails(script, failures, monkeypatch):
    monkeypatch.setattr(
        script.momentum, "factor", lambda rate, curvature, momentum, **form: 2 * math.sqrt(momentum)
    )
    assert failures(SPRING) == {
        f"{name}.factor" for name in ("overdamped", "critically_damped", "underdamped")
    }


def test_the_root_of_beta_fails_below_critical_damping(script, failures, monkeypatch):
    monkeypatch.setattr(
        script.momentum, "factor", lambda rate, curvature, momentum, **form: math.sqrt(momentum)
    )
    assert failures(SPRING) == {"overdamped.factor"}


def test_critical_damping_without_the_root_fails(script, failures, monkeypatch):
    monkeypatch.setattr(
        script.momentum, "critical_momentum", lambda rate, curvature, *form: 1 - rate * curvature
    )
    assert failures("--only critically_damped,underdamped --data.count 40") == {"underdamped.crossings"}


def test_a_whole_period_for_the_half_one_fails(script, failures, monkeypatch):
    right = script.momentum.half_period
    monkeypatch.setattr(script.momentum, "half_period", lambda *args, **form: 2 * right(*args, **form))
    assert failures("--only underdamped --data.count 200") == {"underdamped.half_period"}


def test_the_limit_of_gradient_descent_fails_with_momentum(script, failures, monkeypatch):
    monkeypatch.setattr(script.momentum, "stability_limit", lambda **form: 2.0)
    assert failures(LIMITS) == {"limit_heavy_ball.fate", "limit_nesterov.fate"}


def test_a_terminal_step_without_momentum_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.descent, "terminal_rate", lambda rate, momentum, dampening: rate)
    assert failures(SLOPES) == {"slope_heavy_ball.step", "slope_heavy_ball.path"}


def test_adam_that_follows_the_slopes_size_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "numbers_of", lambda run: run.model.surface.coefficients[1:])
    assert failures(SLOPES) == {"slope_adam.step", "slope_adam.path"}


def test_more_momentum_than_the_best_is_slower(measured):
    best = measured("--only heavy_ball --data.count 9")["heavy_ball.factor"]
    more = measured("--only heavy_ball --model.optimizer.momentum 0.9 --data.count 9")["heavy_ball.factor"]
    assert best == pytest.approx(9 / 11, abs=1e-5)
    assert more == pytest.approx(math.sqrt(0.9), abs=1e-5)


def test_an_average_is_hardly_better_than_no_momentum(measured):
    average = measured("--only critically_damped --model.optimizer.dampening 0.81 --data.count 9")
    without = measured("--only critically_damped --model.optimizer.momentum 0.0 --data.count 9")
    for found in (average, without):
        assert found["critically_damped.factor"] == pytest.approx(0.99, abs=1e-3)


def test_what_gradient_descent_stands_is_too_much_for_nesterov(measured):
    diverging = measured("--only nesterov --model.optimizer.lr 0.014 --data.count 9")
    assert diverging["nesterov.fate"] == "shrinks, grows"
    assert (
        measured("--only gradient_descent --model.optimizer.lr 0.014 --data.count 9")[
            "gradient_descent.factor"
        ]
        < 1
    )


REFUSALS = [
    ("--only overdamped --model.optimizer.lr 0", "rate is 0.0; it must be positive and finite"),
    ("--only overdamped --model.optimizer.lr 1e9", "the path has left float64"),
    ("--only slope_adam --model.optimizer.lr 0", "rate is 0.0; it must be positive and finite"),
    (
        "--only slope_adam --model.surface.start 1e200",
        "slope_adam leaves float64 within 30 steps; lower its η",
    ),
    (
        "--only overdamped --model.optimizer.momentum 1.5",
        "momentum is 1.5; it must be at least 0 and below 1",
    ),
    ("--only overdamped --model.optimizer.weight_decay 0.1", "weight_decay is 0.1 in overdamped"),
    ("--only overdamped --model.optimizer torch.optim.Adam", "the optimizer is Adam in overdamped"),
    ("--only slope_adam --model.optimizer torch.optim.RMSprop", "these laws speak of SGD or Adam"),
    (
        "--only overdamped --model.noise_std 0.1",
        "model.noise_std is 0.1 and model.stop_radius null in overdamped",
    ),
    (
        "--only slope_adam --model.stop_radius 1.0",
        "model.stop_radius 1.0 in slope_adam; these laws speak of a whole",
    ),
    (
        "--only overdamped --model.surface.curvatures '[-1.0]'",
        "choose curvatures above 0, and a start that is 0",
    ),
    (
        "--only nesterov --model.surface.start '[1.0, 0.0]'",
        "start [1.0, 0.0] in nesterov; choose curvatures",
    ),
    (
        "--only slope_adam --model.surface.coefficients '[0.0, 0.0]'",
        "a straight slope has two, the second not 0",
    ),
    (
        "--only slope_adam --model.surface zoo.models.Logistic",
        "choose zoo.models.Quadratic or zoo.models.Polyn",
    ),
    ("--only overdamped --trainer.precision 32-true", "trainer.precision is '32-true' in overdamped"),
]


@pytest.mark.parametrize(("typed", "sentence"), REFUSALS)
def test_what_these_laws_do_not_speak_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
