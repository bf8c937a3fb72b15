import pytest

SETTINGS = [
    "--seed_everything 1 --at 0.4 --points 50",
    "--seed_everything 2 --only power_rule --exponent -1.5",
    "--seed_everything 3 --only power_rule,exponential_rule --exponent 0 --at 7",
    "--only logarithm_rule,power_rule --exponent 1 --points 1",
]
EVERYWHERE = {"every_rule.autograd", "every_rule.steps"}


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_points_and_exponents(typed, failures):
    assert failures(typed) == set()


@pytest.fixture
def wrong(script, monkeypatch):
    """Have the script use another slope than a rule's own: ``how`` makes it of x, f and f′."""

    def replace(rule, how):
        right = script.RULES[rule]

        def changed(x, n):
            f, slope = right(x, n)
            return f, how(x, f, slope)

        monkeypatch.setitem(script.RULES, rule, changed)
        changed.__doc__ = right.__doc__

    return replace


def test_a_power_rule_that_forgets_to_lower_the_exponent_fails(wrong, failures):
    wrong("power_rule", lambda x, f, slope: slope * x)
    assert failures("") == {"power_rule.at"} | EVERYWHERE


def test_rules_that_use_a_wrong_power_rule_are_wrong_too(script, failures, monkeypatch):
    right = script.power_rule
    monkeypatch.setattr(script, "power_rule", lambda x, n: (right(x, n)[0], n * right(x, n)[0]))
    assert failures("") == {"constant_rule.at", "sum_rule.at", "product_rule.at"} | EVERYWHERE


def test_a_product_rule_that_multiplies_the_slopes_fails(wrong, failures):
    wrong("product_rule", lambda x, f, slope: 2 * x * 3 * x**2)
    assert failures("") == {"product_rule.at"} | EVERYWHERE


def test_a_logarithm_whose_slope_is_a_millionth_off_fails(wrong, failures):
    wrong("logarithm_rule", lambda x, f, slope: slope * (1 + 1e-6))
    assert failures("") == {"logarithm_rule.at"} | EVERYWHERE


def test_a_rule_that_is_right_at_the_one_x_alone_fails_at_random_ones(wrong, failures):
    wrong("constant_rule", lambda x, f, slope: 0 * x + 20)
    assert failures("") == EVERYWHERE


def test_autograd_of_a_function_that_has_stopped_somewhere_fails(script, failures, monkeypatch):
    right = script.derivatives
    monkeypatch.setattr(script, "derivatives", lambda f, x, n: right(lambda x: f(x).detach(), x, n))
    assert failures("--only sum_rule") == {"sum_rule.at", "every_rule.autograd"}


def test_small_steps_to_one_side_alone_fail(script, failures, monkeypatch):
    monkeypatch.setattr(script, "small_step", lambda f, x, h: (f(x + h) - f(x)) / h)
    assert failures("") == {"every_rule.steps"}


def test_the_slope_of_the_square_root_falls(measured):
    near, far = (
        measured(f"--only power_rule --exponent 0.5 --at {at}")["power_rule.at"] for at in (0.5, 2.0)
    )
    assert near == pytest.approx(2 * far)


def test_at_5_the_exponential_and_its_slope_are_148(measured):
    slope = measured("--only exponential_rule --at 5")["exponential_rule.at"]
    assert slope == pytest.approx(2.718281828459045**5) == pytest.approx(148.4, abs=0.05)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--at 0", ["at is 0.0", "0.01 to 100"]),
        ("--at .nan", ["at is nan", "finite"]),
        ("--points 0", ["points is 0", "1 to 1000000"]),
        ("--rule quotient_rule", ["rule is 'quotient_rule'", "product_rule"]),
        ("--only power_rule --exponent 2000", ["exponent is 2000.0", "-3 to 6"]),
    ],
)
def test_what_has_no_slope_to_try_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
