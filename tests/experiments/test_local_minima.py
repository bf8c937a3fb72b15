from types import SimpleNamespace

import pytest
import torch
from numpy.polynomial import Polynomial

from zoo.theory import rolling


def heights(*roots):
    """--model.surface.coefficients of an f with f′ = Π (x − root)."""
    return f"--model.surface.coefficients '{Polynomial.fromroots(roots).integ().coef.tolist()}'"


THREE_WELLS = heights(-1.5, -0.8, 0.1, 0.7, 1.4)
ONE_WELL = "--model.surface.coefficients '[9.0, -6.0, 1.0]'"
SETTINGS = [
    f"--only basins {THREE_WELLS} --model.surface.start -1.6 --model.surface.end 1.55 --data.count 200 "
    "--model.optimizer.lr 0.06 --seed_everything 1",
    f"--only quarter_rate {heights(-0.9, 0.4, 1.1)} --model.surface.copies 1000 --data.count 220 "
    "--model.optimizer.lr 0.05 --seed_everything 2",
    f"--only basins {ONE_WELL} --model.optimizer.lr 0.4 --data.count 20 --seed_everything 3",
    f"--only on_the_rim {THREE_WELLS} --model.surface.start -0.8 --model.optimizer.lr 0.02",
    "--only large_rate --model.optimizer.lr 0.67 --model.surface.start -1.28 --model.surface.end 0.95 "
    "--data.count 120",
    f"--only large_rate {heights(-1.5, 0.0, 0.8)} --model.surface.start -1.45 --model.surface.end 0.85 "
    "--model.optimizer.lr 0.6 --data.count 90",
    "--only momentum --model.optimizer.lr 0.0025 --model.optimizer.momentum 0.96 --data.count 200",
    f"--only momentum {THREE_WELLS} --model.optimizer.momentum 0.85 --data.count 150",
    f"--only momentum {THREE_WELLS} --model.optimizer.momentum 0.95 --data.count 150",
    "--only xor --seed_everything 1 --model.optimizer.lr 0.2 --model.surface.copies 500",
    "--only xor --seed_everything 2 --model.surface.hidden 3 --model.surface.copies 500 --data.count 300",
]
BASINS = "--only basins"
BALLS = "--only little_momentum,momentum,much_momentum"
JUMPS = "--only large_rate"
RIM = "--only on_the_rim"
XOR = "--only xor --model.surface.copies 400"
DEAD = f"{XOR} --data.count 50"  # too few steps for the other claims
STUCK = f"{XOR} --data.count 300"
BEST = {"basins.best_of_3", "basins.best_of_5"}


@pytest.fixture
def broken(script, monkeypatch):
    """Break one function of a chapter of theory, for what the script says and not for the chapter itself."""

    def breaking(chapter, name, function):
        of_theory = vars(getattr(script, chapter))
        monkeypatch.setattr(script, chapter, SimpleNamespace(**of_theory | {name: function}))

    return breaking


@pytest.fixture
def pushed(script, monkeypatch):
    """Add a push to the gradient of every parameter, in the run alone."""

    def pushing(push):
        right = script.Minimizer.training_step

        def training_step(self, batch, batch_idx):
            return right(self, batch, batch_idx) + push * self.surface.point.sum()

        monkeypatch.setattr(script.Minimizer, "training_step", training_step)

    return pushing


@pytest.fixture
def optimized(script, monkeypatch):
    """Change a setting of the optimizer in the run alone: predictions read the defaults."""

    def optimizing(**settings):
        right = script.Minimizer.configure_optimizers

        def configure_optimizers(self):
            optimizer = right(self)
            optimizer.param_groups[0].update(settings)
            return optimizer

        monkeypatch.setattr(script.Minimizer, "configure_optimizers", configure_optimizers)

    return optimizing


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_surfaces_rates_momenta_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_the_share_of_the_other_well_fails(script, broken, failures):
    right = script.wells.basin_share
    broken("wells", "basin_share", lambda well, low, high: 1 - right(well, low, high))
    assert failures(BASINS) == {"basins.lowest"} | BEST


def test_restarts_that_add_up_fail(broken, failures):
    broken("wells", "best_of", lambda p, k: min(1.0, k * p))
    assert failures(BASINS) == BEST


def test_restarts_from_the_same_start_fail(failures, monkeypatch):
    right = torch.randint
    monkeypatch.setattr(
        torch,
        "randint",
        lambda high, size, **rest: right(high, (size[0] // 60,), **rest).repeat_interleave(60),
    )
    assert failures(BASINS) == BEST


def test_a_second_derivative_of_the_wrong_sign_fails(script, broken, failures):
    right, turned = script.wells.stationary_points, {"minimum": "maximum", "maximum": "minimum"}
    broken("wells", "stationary_points", lambda f: [(x, turned[kind]) for x, kind in right(f)])
    assert failures(BASINS) == {"basins.kinds"}


def test_a_tilted_landscape_fails(pushed, failures):
    pushed(0.05)  # f′ = 0 is found elsewhere, and every minimum with it
    assert failures(BASINS) == {"basins.lowest"} | BEST


def test_a_maximum_that_is_tilted_a_little_fails(pushed, failures):
    pushed(1e-12)
    assert failures(RIM) == {"on_the_rim.distance"}


def test_a_rate_that_overshoots_nothing_fails(optimized, failures):
    optimized(lr=0.6)  # below 2/3.08
    assert failures(JUMPS) == {"large_rate.left"}


def test_a_ball_with_half_as_much_friction_again_fails(failures, monkeypatch):
    right = rolling.friction
    monkeypatch.setattr(rolling, "friction", lambda rate, momentum: 1.5 * right(rate, momentum))
    assert failures(BALLS) == {"momentum.well", "much_momentum.well"}


def test_momentum_left_out_of_the_optimizer_fails(optimized, failures):
    optimized(momentum=0.0)
    assert failures("--only little_momentum,momentum") == {"momentum.well"}  # one ball stays anyway


def test_momentum_that_averages_fails(optimized, failures):
    optimized(dampening=0.9)
    assert failures("--only momentum") == {"momentum.well"}


def test_units_that_die_one_by_one_fail(broken, failures):
    broken("xor", "dead_share", lambda hidden: 13 / 48)
    assert failures(DEAD) == {"xor.dead"}


def test_a_push_on_dead_units_fails(pushed, failures):
    pushed(1e-9)
    assert failures(DEAD) == {"xor.dead"}


def test_a_loss_left_out_fails(broken, failures):
    broken("xor", "stuck_losses", lambda: [0, 1 / 8, 1 / 4])
    assert failures(STUCK) == {"xor.stuck"}


def test_another_lesson_than_xor_fails(script, failures, monkeypatch):
    right = script.XorNetworks.losses

    def losses(self):
        self.y[0] = 0.5  # of the corner (0, 0)
        return right(self)

    monkeypatch.setattr(script.XorNetworks, "losses", losses)
    assert failures(STUCK) == {"xor.stuck"}


def test_networks_that_start_alike_fail(script, failures, monkeypatch):
    right = script.XorNetworks.__init__

    def alike(self, hidden=2, copies=1):
        right(self, hidden, copies)
        with torch.no_grad():
            self.point.copy_(self.point[: copies // 10].repeat_interleave(10, dim=0))

    monkeypatch.setattr(script.XorNetworks, "__init__", alike)
    assert "xor.best_of_5" in failures(XOR)


def test_fewer_starts_in_the_lowest_valley_are_fewer_successes(measured):
    found = measured("--only basins --model.surface.start -1.0")
    assert found["basins.lowest"] == pytest.approx(0.4, abs=1e-3)
    assert found["basins.best_of_3"] == pytest.approx(0.784, abs=0.02)


def test_from_lower_down_the_same_ball_stays_in_the_shallow_valley(measured):
    assert measured("--only momentum --model.surface.start 1.5") == {"momentum.well": "x = 1"}


def test_momentum_wakes_no_dead_network(measured):
    keys = {"xor.dead", "xor.stuck"}
    without, typed = (
        measured(f"--only xor {more}") for more in ("--data.count 50", "--model.optimizer.momentum 0.9")
    )
    assert set(typed) == keys
    assert typed["xor.dead"] == without["xor.dead"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--only basins --trainer.precision 32-true", "trainer.precision is '32-true' in basins"),
        ("--only basins --model.optimizer torch.optim.Adam", "the optimizer is Adam"),
        ("--only basins --model.optimizer.lr 0.0", "an lr above 0"),
        ("--only basins --model.stop_radius 3.0", "model.stop_radius 3.0 in basins"),
        ("--only basins --model.surface zoo.models.Logistic", "choose zoo.models.Polynomial or"),
        ("--only basins --trainer.max_steps 1", "basins needs 128 steps and is given 1; raise data.count"),
        ("--only basins --model.surface.copies 21", "copies is 21 in basins; the law is for copies of 100"),
        (
            "--only basins --model.surface.copies 101 --model.surface.start -1.6 --model.surface.end 1.4",
            "a start lies on the maximum 0.2",
        ),
        (
            "--only basins --model.optimizer.lr 0.1",
            "copies is 4000 in basins; the law is for copies 2 at lr 0.1",
        ),
        (
            "--only basins --model.optimizer.momentum 0.9",
            "copies is 4000 in basins; the law is for copies 1 with",
        ),
        ("--only basins --model.surface.coefficients '[0.0, 0.0, -0.5, 0.0, 0.25]'", "equally deep"),
        ("--only basins --model.surface.coefficients '[0.0, 0.0, 0.0, 1.0]'", "decides nothing"),
        (
            "--only on_the_rim --model.surface.start 0.3",
            "one point alone starts at 0.3; it must be a maximum",
        ),
        ("--only on_the_rim --data.count 500", "rounding alone may leave the maximum 0.2"),
        ("--only large_rate --model.optimizer.lr 1.0e+9", "the learning rate is 1000000000.0"),
        ("--only momentum --model.optimizer.momentum 0.8915", "momentum is 0.8915, too near"),
        ("--only momentum --model.surface.start 1.1", "no ball gets over a rim"),
        ("--only xor --model.optimizer.lr 1.0e+9", "and an lr below 1"),
        ("--only xor --model.surface.hidden 8", "xor needs copies of 276359 or more"),
    ],
)
def test_what_no_law_speaks_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
