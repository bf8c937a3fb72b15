import pytest

SETTINGS = [
    "--seed_everything 1 --at 0.4 --points 50",
    "--seed_everything 2 --only power_rule --exponent -1.5",
    "--seed_everything 3 --only deep_chain --at 1.9 --weights [3.0,-2.0,1.0,-0.3,5.0,0.7,0.7,0.7]",
    "--only deep_chain --weights [0.001]",
]
RULES = "power_rule,logarithm_rule,constant_rule,sum_rule,product_rule,chain_rule,deep_chain"


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_at_other_points_exponents_and_weights(typed, failures):
    assert failures(typed) == set()


def wrong(script, name, monkeypatch, how):
    """Have the script use a derivative that is changed in the way of ``how``."""
    right = getattr(script, name)
    monkeypatch.setattr(script, name, lambda g, *x: how(g, *x, right=right(g, *x)))


def fails_in(*variants):
    return {f"{variant}.{key}" for variant in variants for key in ("at", "autograd", "difference")}


def test_a_power_rule_that_forgets_to_lower_the_exponent_fails(script, failures, monkeypatch):
    wrong(script, "power_vjp", monkeypatch, lambda g, x, n, right: (right[0] * x, None))
    users = ("power_rule", "constant_rule", "sum_rule", "product_rule")
    # At x = 1, where the chain is looked at, one power more or less is the same.
    assert failures(f"--only {RULES}") == fails_in(*users, "chain_rule") - {"chain_rule.at"} | {
        "chain_rule.at"
    }


def test_a_product_rule_that_multiplies_the_derivatives_fails(script, failures, monkeypatch):
    wrong(script, "multiply_vjp", monkeypatch, lambda g, u, v, right: (g * v, 0 * g))
    assert failures(f"--only {RULES}") == fails_in("product_rule")


def test_a_logarithm_whose_slope_is_a_millionth_off_fails(script, failures, monkeypatch):
    wrong(script, "ln_vjp", monkeypatch, lambda g, x, right: (right[0] * (1 + 1e-6),))
    assert failures(f"--only {RULES}") == fails_in("logarithm_rule")


def test_a_constant_that_is_lost_fails(script, failures, monkeypatch):
    wrong(script, "scale_vjp", monkeypatch, lambda g, x, c, right: (g, None))
    assert failures(f"--only {RULES}") == fails_in("constant_rule", "deep_chain")


def test_a_chain_rule_without_the_inner_derivative_fails(script, failures, monkeypatch):
    wrong(script, "tanh_vjp", monkeypatch, lambda g, x, right: (g,))
    assert failures(f"--only {RULES}") == fails_in("deep_chain")


def test_autograd_of_a_function_that_has_stopped_somewhere_fails(script, failures, monkeypatch):
    right = script.tanh
    monkeypatch.setattr(script, "tanh", lambda x: right(x).detach() + 0 * x)
    assert failures("--only deep_chain") == {"deep_chain.at", "deep_chain.autograd"}


def test_the_slope_of_the_square_root_falls(measured):
    near, far = (
        measured(f"--only power_rule --exponent 0.5 --at {at}")["power_rule.at"] for at in (0.5, 2.0)
    )
    assert near == pytest.approx(2 * far)


def test_of_six_halves_next_to_nothing_is_left(measured):
    found = measured("--only deep_chain --weights '[0.5, 0.5, 0.5, 0.5, 0.5, 0.5]'")
    assert 0 < found["deep_chain.at"] < 0.5**6


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--at 0", ["at is 0.0", "above 0"]),
        ("--points 0", ["points is 0", "at least 1"]),
        ("--weights []", ["weights has 0 entries", "1 to 50"]),
        ("--rule quotient_rule", ["rule is 'quotient_rule'", "product_rule"]),
        ("--only power_rule --exponent 2000", ["exponent is 2000.0", "leaves float64"]),
        ("--only deep_chain --weights [0.5,0.0]", ["weights is [0.5, 0.0]", "nothing passes"]),
        ("--only deep_chain --weights [50.0]", ["weights is [50.0]", "saturate"]),
    ],
)
def test_what_has_no_derivative_to_try_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
