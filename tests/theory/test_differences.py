import math

import pytest
import sympy

from zoo.theory.differences import UNIT_ROUNDOFF, ErrorLaw, derivative, error_law

X = sympy.Symbol("x")
FORMULAS = {
    "exp": sympy.exp(X),
    "sin": sympy.sin(X),
    "sigmoid": 1 / (1 + sympy.exp(-X)),
    "cubed_bowl": (X**2 + 1) ** 3,
}
POINTS = {"exp": 1.0, "sin": 0.8, "sigmoid": -2.5, "cubed_bowl": 0.7}
DOUBLE = UNIT_ROUNDOFF["float64"]


def formula(name, x, order=0):
    """f⁽ᵐ⁾(x) as sympy has it, to thirty digits."""
    return FORMULAS[name].diff(X, order).evalf(30, subs={X: sympy.Float(x, 40)})


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("order", range(6))
def test_derivatives_by_hand_are_those_of_sympy(name, order):
    for x in (-4.0, -0.3, 0.0, 0.7, 4.0):
        assert derivative(name, x, order) == pytest.approx(
            float(formula(name, x, order)), rel=2e-13, abs=1e-15
        )


def test_the_sigmoids_slope_does_not_cancel_far_out():
    assert derivative("sigmoid", 40.0) == pytest.approx(math.exp(-40), rel=1e-15)
    assert derivative("sigmoid", -40.0) == pytest.approx(math.exp(-40), rel=1e-15)


@pytest.mark.parametrize(
    ("kind", "precision", "step", "error"),
    [
        ("forward", "float64", -7.68, -7.24),
        ("forward", "float32", -3.31, -2.88),
        ("central", "float64", -5.16, -10.19),
        ("central", "float32", -2.25, -4.37),
    ],
)
def test_the_best_steps_and_errors_of_exp_at_1(kind, precision, step, error):
    law = error_law(kind, "exp", 1.0, UNIT_ROUNDOFF[precision])
    assert math.log10(law.best_step) == pytest.approx(step, abs=0.006)
    assert math.log10(law.best_error) == pytest.approx(error, abs=0.006)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_best_step_and_error_are_the_closed_forms(name):
    x = POINTS[name]
    f, _, f2, f3 = (abs(derivative(name, x, order)) for order in range(4))
    forward, central = (error_law(kind, name, x, DOUBLE) for kind in ("forward", "central"))
    assert forward.best_step == pytest.approx(2 * (DOUBLE * f / f2) ** 0.5)
    assert forward.best_error == pytest.approx(2 * (DOUBLE * f * f2) ** 0.5)
    assert central.best_step == pytest.approx((3 * DOUBLE * f / f3) ** (1 / 3))
    assert central.best_error == pytest.approx(1.5 * 3 ** (-1 / 3) * (DOUBLE * f) ** (2 / 3) * f3 ** (1 / 3))


@pytest.mark.parametrize("law", [ErrorLaw(1, 3.0, 1e-10, 0.0), ErrorLaw(2, 0.2, 1e-12, 0.0)])
def test_no_step_is_better_than_the_best(law):
    h = law.best_step
    assert law.error(h) == pytest.approx(law.best_error)
    assert min(law.error(h * factor) for factor in (0.1, 0.99, 1.01, 10.0)) > law.best_error


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("kind", ["forward", "central"])
def test_without_roundings_the_error_is_the_laws_two_taylor_terms(name, kind):
    x, h = sympy.Float(POINTS[name], 40), sympy.Float("1e-4", 40)
    f = [FORMULAS[name].evalf(40, subs={X: at}) for at in (x - h, x, x + h)]
    quotient = (f[2] - f[1]) / h if kind == "forward" else (f[2] - f[0]) / (2 * h)
    law = error_law(kind, name, float(x), DOUBLE)
    leading = law.truncation * 1e-4**law.power
    ratio = abs(float(quotient - formula(name, float(x), 1))) / leading
    assert ratio == pytest.approx(1, abs=1.1 * law.left_out(1e-4))
    assert ratio != pytest.approx(1, abs=0.9 * law.left_out(1e-4))


@pytest.mark.parametrize("x", [-4.0, -0.5, 0.125, 0.7, 2.0, 3.0])
def test_most_points_have_a_law(x):
    assert error_law("forward", "cubed_bowl", x, DOUBLE).power == 1


def test_at_0_where_numbers_lie_densest_the_values_of_exp_are_rounded_all_the_same():
    assert error_law("forward", "exp", 0.0, DOUBLE).best_step == pytest.approx(2 * DOUBLE**0.5)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: derivative("tan", 1.0), "function is 'tan'; choose one of exp, sin"),
        (lambda: derivative("exp", math.nan), "x is nan"),
        (lambda: derivative("exp", 1.0, -1), "order is -1"),
        (lambda: error_law("both", "exp", 1.0, DOUBLE), "kind is 'both'; choose one of forward, central"),
        (lambda: error_law("forward", "exp", 1.0, 0.0), "u is 0.0"),
        (lambda: error_law("forward", "exp", 1.0, DOUBLE, -1.0), "reach is -1.0"),
        (
            lambda: error_law("forward", "sin", 0.0, DOUBLE),
            "point is 0; .* of sin .*, since f or a derivative is 0",
        ),
        (lambda: error_law("central", "cubed_bowl", 0.0, DOUBLE), "since f or a derivative is 0"),
        (lambda: error_law("forward", "sin", math.pi, DOUBLE), "since a later Taylor term makes the error"),
        (lambda: error_law("forward", "cubed_bowl", 1.0, DOUBLE), "since no value of f needs rounding"),
        (lambda: error_law("forward", "cubed_bowl", -1.0, DOUBLE), "since no value of f needs rounding"),
        (lambda: error_law("forward", "exp", 1.0, DOUBLE).error(0.0), "h is 0.0"),
        (lambda: error_law("forward", "exp", 1.0, DOUBLE).left_out(-1.0), "h is -1.0"),
    ],
)
def test_senseless_input_is_named(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()


def test_the_law_is_refused_where_it_reaches_too_far():
    assert error_law("central", "exp", 1.0, 1e-6, reach=3.0).left_out(0.01) < 0.1
    with pytest.raises(ValueError, match="since a later Taylor term makes the error: choose another"):
        error_law("central", "exp", 1.0, 1e-6, reach=1000.0)
