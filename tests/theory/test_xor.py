import itertools
import math

import pytest
import torch

from zoo.errors import InputError
from zoo.theory.xor import DEAD_UNIT, TARGETS, dead_share, stuck_losses

CORNERS = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)


def active_sets():
    """Every set of corners that a half-plane cuts out, found by trying many."""
    directions = torch.linspace(0, 2 * math.pi, 73, dtype=torch.float64)[:-1] + 0.01
    offsets = torch.linspace(-2, 2, 81, dtype=torch.float64) + 0.003
    w = torch.stack([directions.cos(), directions.sin()])
    cut = (CORNERS @ w)[:, :, None] + offsets > 0
    return {tuple(column) for column in cut.flatten(1).T.tolist()}


def best_loss(sets, targets):
    """The least loss with these active sets: least squares in c and every unit's a·w and a·b."""
    columns = [torch.ones(4, dtype=torch.float64)]
    for s in sets:
        active = torch.tensor(s, dtype=torch.float64)
        columns += [active, active * CORNERS[:, 0], active * CORNERS[:, 1]]
    design, y = torch.stack(columns, dim=1), torch.tensor(targets, dtype=torch.float64)
    fitted = design @ torch.linalg.pinv(design) @ y
    return float(((fitted - y) ** 2).mean())


def test_half_planes_cut_out_all_sets_but_the_diagonals():
    assert len(active_sets()) == 14


@pytest.mark.parametrize("targets", [TARGETS, (0, 0, 0, 1), (0.3, -1, 2, 0.7)])
def test_least_squares_with_any_two_units_leaves_these_losses_and_no_others(targets):
    left = {best_loss(pair, targets) for pair in itertools.product(active_sets(), repeat=2)}
    known = stuck_losses(targets)
    assert all(min(abs(loss - level) for level in known) < 1e-12 for loss in left)
    assert all(min(abs(loss - level) for loss in left) < 1e-12 for level in known)


def test_a_third_unit_adds_none():
    known = stuck_losses()
    for sets in itertools.product(active_sets(), repeat=3):
        assert min(abs(best_loss(sets, TARGETS) - level) for level in known) < 1e-12


def test_xor_has_four():
    assert stuck_losses() == pytest.approx([0, 1 / 8, 1 / 6, 1 / 4])


def test_a_plane_fits_what_is_linear():
    assert 0.25 not in stuck_losses((0, 1, 1, 2))
    assert max(stuck_losses((0, 1, 1, 2))) == pytest.approx(0.5)  # all silent: the variance


def test_the_share_of_dead_units_is_that_of_pytorchs_own_initialization():
    units = 200_000
    layer = torch.nn.Linear(2, units, dtype=torch.float64)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer.reset_parameters()
    dead = (layer(CORNERS) <= 0).all(dim=0).double().mean().item()
    assert dead == pytest.approx(DEAD_UNIT, abs=4 * math.sqrt(DEAD_UNIT * (1 - DEAD_UNIT) / units))


def test_units_die_independently():
    assert [dead_share(h) for h in (1, 2)] == pytest.approx([13 / 48, 169 / 2304])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: stuck_losses((0, 1)), "the square has 4 corners"),
        (lambda: stuck_losses((0, 1, math.inf, 0)), r"targets\[2\] is inf"),
        (lambda: dead_share(0), "hidden is 0"),
    ],
)
def test_what_makes_no_sense_is_answered_in_a_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
