import pytest
from numpy.polynomial import Polynomial


def heights(*roots):
    """--model.surface.coefficients of an f with f′ = Π (x − root)."""
    return f"--model.surface.coefficients '{Polynomial.fromroots(roots).integ().coef.tolist()}'"


SMALL = "--only small_rate"
LARGE = "--only large_rate"
SETTINGS = [
    f"{LARGE} --model.optimizer.lr 0.67 --model.surface.start -1.28 --model.surface.end 0.95",
    f"{LARGE} {heights(-1.5, 0.0, 0.8)} --model.surface.start -1.45 --model.surface.end 0.8003 "
    "--model.optimizer.lr 0.6 --seed_everything 1",
    f"{SMALL} --model.optimizer.lr 0.2 --model.surface.start 1.3 --model.surface.end -1.2001 "
    "--data.count 300",
    f"{LARGE} --model.surface.coefficients '[9.0, -6.0, 1.0]' --model.optimizer.lr 0.9 "
    "--model.surface.start 2.0 --model.surface.end 7.0",
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_curves_starts_and_rates(typed, failures):
    assert failures(typed) == set()


def test_a_step_of_half_the_curvature_fails(script, broken, failures):
    right = script.overshoot.first_factor

    def halved(f, start, rate):
        factor, error = right(f, start, rate)
        return (1 + factor) / 2, error

    broken("overshoot", "first_factor", halved)
    assert failures(SMALL) == {"small_rate.left_factor", "small_rate.right_factor"}


def test_jumps_half_as_wide_fail(script, broken, failures):
    right = script.overshoot.last_jump

    def halved(*form):
        width, left = right(*form)
        return width / 2, left

    broken("overshoot", "last_jump", halved)
    assert failures(LARGE) == {"large_rate.left"}


def test_a_rate_that_both_minima_hold_fails(optimized, failures):
    optimized(lr=0.6)
    assert failures(LARGE) == {"large_rate.left_factor", "large_rate.right_factor", "large_rate.left"}


def test_a_rate_too_large_for_the_sharp_minimum_fails(optimized, failures):
    optimized(lr=0.7)
    assert failures(SMALL) == {"small_rate.left_factor", "small_rate.right_factor", "small_rate.left"}


def test_a_tilted_curve_fails(pushed, failures):
    pushed(1e-6)  # the minima are elsewhere: a first step of 1e-4 tells, the last ones do not
    assert failures(f"{SMALL} --data.count 200") == {"small_rate.left_factor", "small_rate.right_factor"}


def test_far_from_a_minimum_only_the_last_step_is_predicted(measured):
    found = measured(f"{LARGE} --model.surface.start -1.15 --model.surface.end 1.1")
    assert set(found) == {"large_rate.left", "large_rate.right"}


def test_just_over_the_limit_the_jumps_are_half_as_far_and_just_below_it_there_are_none(measured):
    over, below, usual = (
        measured(f"{LARGE} {more}")["large_rate.left"]
        for more in (
            "--model.optimizer.lr 0.66 --data.count 400",
            "--model.optimizer.lr 0.64 --data.count 400",
            "",
        )
    )
    assert over / usual == pytest.approx(0.5, abs=0.05)
    assert below < 1e-8


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (f"{LARGE} --trainer.precision 32-true", "trainer.precision is '32-true' in large_rate"),
        (f"{LARGE} --model.optimizer.momentum 0.9", "momentum is 0.9 in large_rate"),
        (f"{LARGE} --model.optimizer.lr 0.0", "an lr above 0"),
        (f"{LARGE} --model.optimizer.lr 1.0e+9", "the learning rate is 1000000000.0"),
        (f"{LARGE} --model.optimizer.lr 0.9", "near x = -1.2 no law says"),
        (f"{LARGE} --model.surface zoo.models.Logistic", "choose zoo.models.Polynomial"),
        (f"{LARGE} --model.surface.copies 3", "copies is 3 in large_rate; choose 2"),
        (f"{LARGE} --model.surface.end null", "copies is 2 in large_rate; choose 2, with another start"),
        (f"{LARGE} --trainer.max_steps 20", "steps is 20"),
        (f"{SMALL} --model.surface.coefficients '[0.0, 1.0]'", "a straight line has no minimum"),
    ],
)
def test_what_no_law_speaks_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
