import pytest
import torch

SETTINGS = [
    "--only two_units --seed_everything 1 --model.optimizer.lr 0.2 --model.surface.copies 500",
    "--only three_units --seed_everything 2 --model.surface.copies 600 --data.count 500",
    "--only two_units --seed_everything 3 --model.surface.hidden 4 --model.surface.copies 1500 "
    "--data.count 300 --model.optimizer.lr 0.15",
    "--only two_units --model.surface.copies 400 --data.count 5 --model.optimizer.lr 1e-17",  # nothing moves
]
TWO = "--only two_units --model.surface.copies 400"
DEAD = f"{TWO} --data.count 50"  # too few steps for the other claims
STUCK = f"{TWO} --data.count 300"


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_widths_rates_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_units_that_die_one_by_one_fail(broken, failures):
    broken("xor", "dead_share", lambda hidden: 13 / 48)
    assert failures(DEAD) == {"two_units.dead"}


def test_a_push_on_dead_units_fails(pushed, failures):
    pushed(1e-9)
    assert failures(DEAD) == {"two_units.dead"}


def test_a_loss_left_out_fails(broken, failures):
    broken("xor", "stuck_losses", lambda: [0, 1 / 8, 1 / 4])
    assert failures(STUCK) == {"two_units.stuck"}


def test_another_lesson_than_xor_fails(script, failures, monkeypatch):
    right = script.XorNetworks.losses

    def losses(self):
        self.y[0] = 0.5  # of the corner (0, 0)
        return right(self)

    monkeypatch.setattr(script.XorNetworks, "losses", losses)
    assert failures(STUCK) == {"two_units.stuck"}


def test_restarts_that_add_up_fail(script, broken, failures):
    broken("wells", "best_of", lambda p, k: min(1.0, k * p))
    assert failures("--only three_units") == {"three_units.best_of_5"}


def test_networks_that_start_alike_fail(script, failures, monkeypatch):
    right = script.XorNetworks.__init__

    def alike(self, hidden=2, copies=1):
        right(self, hidden, copies)
        with torch.no_grad():
            self.point.copy_(self.point[: copies // 10].repeat_interleave(10, dim=0))

    monkeypatch.setattr(script.XorNetworks, "__init__", alike)
    assert "two_units.best_of_5" in failures(TWO)


def test_momentum_wakes_no_dead_network(measured):
    without, typed = (
        measured(f"--only two_units {more}") for more in ("--data.count 50", "--model.optimizer.momentum 0.9")
    )
    assert set(typed) == {"two_units.dead", "two_units.stuck"}
    assert typed["two_units.dead"] == without["two_units.dead"]


def test_one_unit_cannot_learn_xor(script, measured, monkeypatch):
    ended = []
    right = script.measure
    monkeypatch.setattr(script, "measure", lambda run: ended.append(script.losses_of(run)) or right(run))
    measured("--only two_units --model.surface.hidden 1 --model.surface.copies 200")
    assert float(ended[0].min()) > 0.12


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (f"{TWO} --trainer.precision 32-true", "trainer.precision is '32-true' in two_units"),
        (f"{TWO} --model.optimizer torch.optim.Adam", "the optimizer is Adam"),
        (f"{TWO} --model.optimizer.lr 1.0e+9", "and an lr below 1"),
        (f"{TWO} --model.optimizer.lr 0.0", "an lr above 0"),
        (f"{TWO} --model.surface.hidden 8", "two_units needs copies of 276359 or more"),
        (f"{TWO} --model.noise_std 0.1", "model.noise_std is 0.1"),
        ("--only two_units --model.surface zoo.models.Logistic", "choose zoo.models.XorNetworks"),
    ],
)
def test_what_no_law_speaks_of_is_refused(typed, sentence, refusal):
    assert sentence in refusal(typed)
