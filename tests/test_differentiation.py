import math

import pytest
import sympy
import torch

from zoo.differentiation import WAYS, Counted, derivatives, flops, left_out, nodes, small_step

X = torch.tensor([0.7], dtype=torch.float64)
SEVERAL = torch.tensor([0.7, -1.2, 2.0], dtype=torch.float64)


def f(x):
    """sin(x²), of a number or of a symbol."""
    return sympy.sin(x**2) if isinstance(x, sympy.Expr) else torch.sin(x**2)[0]


def g(x):
    """x_0 x_1 + e^x_2."""
    return x[0] * x[1] + torch.exp(x[2])


@pytest.mark.parametrize("way", WAYS)
def test_every_way_finds_the_slope_as_well_as_its_step_allows(way):
    found = WAYS[way](f, X, torch.tensor(1e-5, dtype=torch.float64))
    precision = {"forward difference": 1e-4, "central difference": 1e-9}.get(way, 1e-15)
    assert found.shape == (1,)
    assert float(found) == pytest.approx(2 * 0.7 * math.cos(0.49), abs=precision)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "symbolic"])
def test_of_many_inputs_every_way_finds_all_slopes(way):
    found = WAYS[way](g, SEVERAL, torch.tensor(1e-5, dtype=torch.float64))
    precision = {"forward difference": 1e-4, "central difference": 1e-9}.get(way, 1e-14)
    assert found.tolist() == pytest.approx([-1.2, 0.7, math.exp(2)], abs=precision)


@pytest.mark.parametrize(
    ("way", "calls"),
    [("forward difference", 4), ("central difference", 6), ("complex step", 3), ("reverse mode", 1)],
)
def test_calls_are_counted(way, calls):
    counted = Counted(g)
    WAYS[way](counted, SEVERAL, torch.tensor(1e-5, dtype=torch.float64))
    assert counted.calls == calls


def test_derivatives_of_derivatives_are_taken_entry_by_entry():
    found = derivatives(lambda x: x**3, SEVERAL, 4)
    expected = [SEVERAL**3, 3 * SEVERAL**2, 6 * SEVERAL, 0 * SEVERAL + 6, 0 * SEVERAL]
    torch.testing.assert_close(found, expected, rtol=1e-15, atol=0)
    assert not SEVERAL.requires_grad


def test_a_constant_has_the_derivative_0():
    here, *slopes = derivatives(torch.ones_like, SEVERAL, 2)
    assert here.tolist() == [1, 1, 1]
    assert [slope.tolist() for slope in slopes] == [[0, 0, 0]] * 2


def test_a_small_step_is_off_by_what_it_leaves_out_and_roundings():
    for f, slope in ((torch.exp, torch.exp), (lambda x: x**3, lambda x: 3 * x**2)):
        off, most = (small_step(f, SEVERAL, 1e-3) - slope(SEVERAL)).abs(), left_out(f, SEVERAL, 1e-3)
        assert most.shape == SEVERAL.shape
        assert bool((off < most).all())
        torch.testing.assert_close(off * 1.1, most, rtol=2e-3, atol=1e-12)  # f‴ within h, and u|f|/h


def test_of_a_number_alone_a_small_step_leaves_out_a_number():
    x = torch.tensor(2.0, dtype=torch.float64)
    assert left_out(lambda x: x**3, x, 0.1) == pytest.approx(1.1 * 0.1**2)
    assert small_step(lambda x: x**3, x, 0.1) == pytest.approx(12 + 0.1**2)


def test_flops_are_those_of_matrix_products():
    a, b = torch.ones(3, 5), torch.ones(5, 2)
    assert flops(lambda: torch.tanh(a @ b) + 1) == 2 * 3 * 5 * 2
    assert flops(torch.mm, b, torch.ones(2, 7)) == 2 * 5 * 2 * 7


def test_a_node_that_is_reached_twice_is_one_and_an_input_without_a_slope_is_none():
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0)
    assert nodes(torch.sin(x)) == 2
    s = torch.sin(x)
    assert nodes(s * s + y) == 4
    assert nodes(y * y) == 0
