import pytest

SETTINGS = [
    "--seed_everything 1 --only square,valley --point -1.5 --change 0.1",
    "--only cubed_bowl --point -0.7 --change -0.003 --derivatives 4",
    "--only journey --coefficients [2.0,-1.0,0.5,0.25,-0.125] --point 0.3 --change 0.5",
    "--only terrace --coefficients [0.0,0.0,0.0,0.0,2.0] --derivatives 4",  # a minimum that f″ does not show
    "--only terrace --coefficients [7.0] --change 0.1",
    "--only square --change 0.001",  # what the parabola leaves over is rounding alone
    "--only thrown --change 0.01",
    "--only valley --change -1",
    "--only cubed_bowl --point 300 --change 0.001",
    "--only valley --point 3.0000001",  # too near the bottom to see f rise: no claim
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_functions_points_and_steps(typed, failures):
    assert failures(typed) == set()


def test_a_power_rule_without_its_factor_fails(script, failures, monkeypatch):
    monkeypatch.setattr(
        script.taylor,
        "derivative",
        lambda c, x, order=1: sum(a * x ** (k - order) for k, a in enumerate(c) if k),
    )
    assert {"square.1", "square.change"} <= failures("--only square")


def test_a_second_derivative_that_is_doubled_fails(script, failures, monkeypatch):
    right = script.taylor.derivative
    monkeypatch.setattr(
        script.taylor, "derivative", lambda c, x, order=1: right(c, x, order) * (2 if order == 2 else 1)
    )
    found = failures("--only journey,thrown,valley --point 1.5")
    assert found == {"journey.2", "thrown.2", "valley.2"}


def test_an_error_without_its_half_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.taylor, "remainder", lambda c, x, h, order: h ** (order + 1) * 2)
    assert failures("--only square") == {"square.change", "square.error"}


def test_a_flat_point_that_is_called_a_minimum_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.taylor, "behaviour", lambda c, x: "minimum")
    assert failures("--only valley,hill,terrace") == {"hill.behaviour", "terrace.behaviour"}


def test_an_error_that_falls_with_h_alone_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.taylor, "leading_order", lambda c, x, order: order)
    right = script.taylor.log_slope
    monkeypatch.setattr(script.taylor, "log_slope", lambda c, x, h, order: right(c, x, h, order) - 1)
    assert failures("--only cubed_bowl") >= {"cubed_bowl.tangent", "cubed_bowl.parabola"}


def test_autograd_of_another_function_fails(script, failures, monkeypatch):
    right = script.polynomial
    monkeypatch.setattr(script, "polynomial", lambda x, c: right(x, c) + 1e-9 * x**2)
    assert {"square.1", "square.error"} <= failures("--only square")


def test_left_of_its_lowest_point_a_square_falls(measured):
    assert measured("--only square --point -1")["square.behaviour"] == "falls"


def test_a_step_ten_times_as_short_has_a_forecast_a_hundred_times_as_good(measured):
    usual, shorter = (
        measured(f"--only cubed_bowl --change {change}")["cubed_bowl.error"] for change in (0.01, 0.001)
    )
    assert usual / shorter == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--coefficients []", ["coefficients is empty", "at least 1"]),
        ("--derivatives 0", ["derivatives is 0", "1 to 4"]),
        ("--derivatives 5", ["derivatives is 5", "1 to 4"]),
        ("--change 0", ["change is 0.0", "0.001 to 1"]),
        ("--change 1e-9", ["change is 1e-09", "rounding"]),
        ("--only cubed_bowl --point 1e300", ["point is 1e+300", "-1e6 to 1e6"]),
        ("--only square --coefficients '[1e308, 1e308]'", ["coefficients [1e+308, 1e+308]", "-1e6 to 1e6"]),
        ("--point .nan", ["point is nan", "finite"]),
        ("--point x", ["point is 'x'", "a number"]),
        ("--pint 2", ["no option 'pint'", "'point'"]),
    ],
)
def test_what_cannot_be_looked_at_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
