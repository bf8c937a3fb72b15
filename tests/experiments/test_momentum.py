import math

import pytest

SETTINGS = [
    "--seed_everything 1 --only gradient_descent,heavy_ball,nesterov --data.count 60 "
    "--model.optimizer.lr 0.0073 --model.surface.curvatures '[0.7, 130.0, 3.0]' "
    "--model.surface.start '[-2.0, 0.3, 1.0]'",
    "--seed_everything 3 --only heavy_ball,nesterov,limit_nesterov --model.surface.curvatures '[0.31]' "
    "--model.surface.start '[5.0]' --model.optimizer.lr 0.77 --model.optimizer.momentum 0.93 --data.count 70",
    "--seed_everything 1 --only limit_heavy_ball,limit_nesterov --model.optimizer.momentum 0.37",
    "--only gradient_descent,heavy_ball,nesterov --data.count 3 --model.surface.copies 2",
    "--only heavy_ball,limit_heavy_ball --model.optimizer.dampening 0.4 --data.count 30",
    "--only gradient_descent --model.optimizer.lr 0.021 --data.count 30",
    "--only gradient_descent --model.optimizer.lr 1.0 --model.surface.curvatures '[1.0, 0.5]' --data.count 9",
    "--only heavy_ball --model.surface.start '[1e-99, 1e-99]'",
]
VALLEY = "--only gradient_descent,heavy_ball,nesterov --data.count 30"
LIMITS = "--only limit_heavy_ball,limit_nesterov"


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_bowls_rates_momenta_and_seeds(typed, failures):
    assert failures(typed) == set()


@pytest.mark.parametrize(
    "bowl",
    [
        "--model.surface.curvatures=[2.0] --model.surface.start=[1.0]",
        "--model.surface.curvatures=[1.0,2.0,3.0] --model.surface.start=[1.0,1.0,1.0]",
    ],
)
def test_a_bowl_of_which_there_is_no_map_is_drawn_without_one(bowl, script, tmp_path):
    typed = ["--brief=true", f"--runs_dir={tmp_path}", "--only=heavy_ball", "--data.count=9", *bowl.split()]
    assert script.main(typed).holds
    assert list(tmp_path.rglob("*.png"))


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


def test_a_curvature_off_by_a_thousandth_fails(script, failures, monkeypatch):
    right = script.momentum.factor
    monkeypatch.setattr(
        script.momentum, "factor", lambda rate, curvature, **form: right(rate, 1.001 * curvature, **form)
    )
    typed = "--only gradient_descent --model.optimizer.lr 0.0199 --data.count 30"
    assert failures(typed) == {"gradient_descent.factor"}


def test_the_limit_of_gradient_descent_fails_with_momentum(script, failures, monkeypatch):
    monkeypatch.setattr(script.momentum, "stability_limit", lambda **form: 2.0)
    assert failures(LIMITS) == {"limit_heavy_ball.fate", "limit_nesterov.fate"}


def test_more_momentum_than_the_best_is_slower(measured):
    best = measured("--only heavy_ball --data.count 9")["heavy_ball.factor"]
    more = measured("--only heavy_ball --model.optimizer.momentum 0.9 --data.count 9")["heavy_ball.factor"]
    assert best == pytest.approx(9 / 11, abs=1e-5)
    assert more == pytest.approx(math.sqrt(0.9), abs=1e-5)


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
    (
        "--only heavy_ball --model.optimizer.lr 0",
        "model.optimizer.lr is 0 in heavy_ball; choose an lr above 0",
    ),
    ("--only heavy_ball --model.optimizer.lr 1e9", "the path has left float64"),
    (
        "--only heavy_ball --model.optimizer.momentum 1.5",
        "momentum is 1.5; it must be at least 0 and below 1",
    ),
    ("--only heavy_ball --model.optimizer.weight_decay 0.1", "weight_decay is 0.1 in heavy_ball"),
    ("--only heavy_ball --model.optimizer torch.optim.Adam", "the optimizer is Adam in heavy_ball"),
    ("--only heavy_ball --model.noise_std 0.1", "model.noise_std is 0.1 and model.stop_radius null in"),
    ("--only heavy_ball --model.surface.curvatures '[-1.0, 1.0]'", "choose curvatures above 0, and a start"),
    ("--only nesterov --model.surface.start '[1.0, 0.0]'", "start [1.0, 0.0] in nesterov; choose curvatures"),
    ("--only nesterov --model.surface.start '[1.0, 1e-200]'", "a start of size 1e-100 to 1e100"),
    ("--only heavy_ball --model.surface zoo.models.Logistic", "Logistic in heavy_ball; choose zoo.models.Q"),
    ("--only heavy_ball --trainer.precision 32-true", "trainer.precision is '32-true' in heavy_ball"),
]


@pytest.mark.parametrize(("typed", "sentence"), REFUSALS)
def test_what_these_laws_do_not_speak_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
