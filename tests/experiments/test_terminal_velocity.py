import pytest

SETTINGS = [
    "--seed_everything 2 --only heavy_ball --model.surface.coefficients '[3.0, -0.2]' "
    "--model.surface.start 7.0 --model.optimizer.lr 0.3 --model.optimizer.momentum 0.5",
    "--only averaged_momentum --model.optimizer.dampening 0.5",
    "--only heavy_ball --model.optimizer.nesterov true --model.optimizer.momentum 0.6 --data.count 9",
    "--only heavy_ball --model.optimizer.momentum 0.99",
    "--only adam --model.optimizer.betas '[0.0, 0.5]' --model.optimizer.eps 0.1 "
    "--model.surface.coefficients '[3.0, -0.2]'",
    "--data.count 1",
    "--only heavy_ball --model.optimizer.momentum 0.1",  # 1 − 0.1 is 0.9: rounding would decide the count
    "--only heavy_ball --model.surface.start 1.0e+14",
    "--only adam --model.surface.coefficients '[0.0, 1.0e+139]'",
    "--only adam --model.surface.coefficients '[0.0, -1.0e-139]' --model.optimizer.eps 0.0",
]
FEW = "--data.count 30"


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_on_other_slopes_and_at_other_rates(typed, failures):
    assert failures(typed) == set()


def test_a_terminal_step_without_momentum_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.descent, "terminal_rate", lambda rate, momentum, dampening: rate)
    assert failures(FEW) == {"heavy_ball.step", "heavy_ball.path", "heavy_ball.near"}


def test_an_average_taken_for_a_sum_fails(script, failures, monkeypatch):
    right = script.descent.terminal_rate
    monkeypatch.setattr(
        script.descent, "terminal_rate", lambda rate, momentum, dampening: right(rate, momentum)
    )
    assert failures(FEW) == {"averaged_momentum.step", "averaged_momentum.path"}


def test_adam_that_follows_the_slopes_size_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "pull_of", lambda run: abs(script.slope_of(run)))
    assert failures(FEW) == {
        f"{name}.{claim}" for name in ("adam", "adam_on_a_gentle_slope") for claim in ("step", "path")
    }


def test_one_step_more_to_be_near_fails(script, failures, monkeypatch):
    right = script.near_after
    monkeypatch.setattr(script, "near_after", lambda *run: n + 1 if (n := right(*run)) else None)
    assert failures(FEW) == {"heavy_ball.near"}


def test_with_more_momentum_sixty_steps_are_too_few(script, failures, measured):
    found = measured("--only heavy_ball --model.optimizer.momentum 0.99")
    assert set(found) == {"heavy_ball.path"}


def test_a_hundred_times_the_step_takes_230_steps_to_nine_tenths(measured):
    found = measured("--only heavy_ball --model.optimizer.momentum 0.99 --data.count 300")
    assert found["heavy_ball.near"] == 230
    assert found["heavy_ball.step"] == pytest.approx(100 * 0.05, rel=0.06)


def test_a_thousand_times_the_slope_changes_no_step_of_adam(measured):
    gentle = measured("--only adam")["adam.step"]
    steep = measured("--only adam --model.surface.coefficients '[0.0, 5000.0]'")["adam.step"]
    assert steep == pytest.approx(gentle, rel=1e-8)


REFUSALS = [
    ("--only adam --model.optimizer.lr 0", "rate is 0.0; it must be positive and finite"),
    ("--only adam --model.surface.start 1e308", "adam leaves float64 within 60 steps; lower its η"),
    ("--only adam --model.optimizer torch.optim.RMSprop", "these laws speak of SGD or Adam"),
    ("--only adam --model.stop_radius 1.0", "model.stop_radius 1.0 in adam; these laws speak of a whole"),
    ("--only adam --model.surface.coefficients '[0.0, 0.0]'", "a straight slope has two, the second not 0"),
    (
        "--only adam --model.surface.coefficients '[0.0, 1.0e+160]'",
        "the slope is 1e+160 in adam; Adam squares",
    ),
    (
        "--only adam --model.surface.coefficients '[0.0, 1.0e-170]' --model.optimizer.eps 0.0",
        "the slope is 1e-170 in adam; Adam squares it: choose 1e-140 to 1e140 in size",
    ),
    (
        "--only adam --model.surface.copies 2",
        "the surface of adam must be zoo.models.Polynomial with copies 1",
    ),
    ("--only adam --model.surface zoo.models.Logistic", "the surface of adam must be zoo.models.Polynomial"),
    ("--only adam --data.count 0", "count is 0"),
    ("--only adam --trainer.precision 32-true", "trainer.precision is '32-true' in adam"),
]


@pytest.mark.parametrize(("typed", "sentence"), REFUSALS)
def test_what_the_law_does_not_speak_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
