import pytest

SETTINGS = [
    "--only cubed_bowl,four_layers --at -0.4",
    "--only cubed_bowl --chain '[ln, tanh, exp, -2.5, sigmoid, cube]' --at 1.7",
    "--only cubed_bowl --chain '[exp, exp, exp]' --at 0.3",
    "--only cubed_bowl --chain '[0.001]'",
    "--only four_layers --chain '[3, tanh, -2, sigmoid, 5, tanh]' --layers 3 --at 0.1",
    "--only shrinks,grows --layers 12",
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_in_other_chains_and_at_other_points(typed, failures):
    assert failures(typed) == set()


def fails_in(*variants):
    return {f"{variant}.{key}" for variant in variants for key in ("at", "step")}


def wrong(script, name, monkeypatch, slope):
    """Have chains use another derivative of one function."""
    f, _, *constant = script.FUNCTIONS[name]
    monkeypatch.setitem(script.FUNCTIONS, name, (f, slope, *constant))


def test_a_chain_rule_without_the_inner_slope_fails(script, failures, monkeypatch):
    wrong(script, "square", monkeypatch, lambda g, u, n: (g,))
    assert failures("") == fails_in("cubed_bowl")


def test_an_outer_slope_taken_at_another_place_fails(script, failures, monkeypatch):
    wrong(script, "cube", monkeypatch, lambda g, u, n: (3 * g * (u - 1) ** 2,))  # at x², not at x² + 1
    assert failures("") == fails_in("cubed_bowl")


def test_slopes_of_tanh_that_are_all_taken_at_0_fail_but_where_the_chain_stays_there(
    script, failures, monkeypatch
):
    wrong(script, "tanh", monkeypatch, lambda g, u: (g,))
    assert failures("--only four_layers,shrinks,grows,same_elsewhere") == fails_in(
        "four_layers", "shrinks", "same_elsewhere"
    )


def test_slopes_that_are_added_up_fail(script, failures, monkeypatch):
    right = script.Settings.follow

    def follow(self, x):
        us, slopes, _ = right(self, x)
        return us, slopes, slopes.cumsum(dim=0)

    monkeypatch.setattr(script.Settings, "follow", follow)
    assert failures("") == fails_in("cubed_bowl", "four_layers", "shrinks", "grows", "same_elsewhere")


def test_a_steepest_slope_that_is_half_of_tanhs_fails_where_the_chain_is_at_its_steepest(
    script, failures, monkeypatch
):
    right = script.slopes.largest
    monkeypatch.setattr(script.slopes, "largest", lambda name: right(name) / 2)
    assert failures("") == {"four_layers.most", "shrinks.most", "grows.most"}


def test_autograd_that_loses_a_millionth_fails(script, failures, monkeypatch):
    right = script.derivatives
    monkeypatch.setattr(script, "derivatives", lambda *of: [(1 - 1e-6) * y for y in right(*of)])
    assert failures("--only cubed_bowl,shrinks") == {"cubed_bowl.at", "shrinks.at"}


def test_a_small_step_to_one_side_alone_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "small_step", lambda f, x, h: (f(x + h) - f(x)) / h)
    assert failures("--only cubed_bowl,four_layers") == {"cubed_bowl.step", "four_layers.step"}


def test_a_function_and_the_one_that_undoes_it_have_slopes_that_multiply_to_1(measured):
    found = measured("--only cubed_bowl --chain '[exp, ln]'")
    assert found["cubed_bowl.at"] == pytest.approx(1, abs=1e-14)


def test_half_as_deep_the_slope_is_the_root(measured):
    half = measured("--only grows --layers 10")["grows.at"]
    assert half == pytest.approx(57.7, abs=0.05)
    assert half**2 == pytest.approx(measured("--only grows")["grows.at"])


def test_where_the_slope_is_below_a_small_steps_error_nothing_is_said_of_the_step(measured):
    found = measured("--only same_elsewhere --layers 30")
    assert set(found) == {"same_elsewhere.at", "same_elsewhere.most"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--chain []", ["chain has 0 functions", "at least 1"]),
        ("--layers 0", ["layers is 0", "at least 1"]),
        ("--only grows --layers 51", ["layers is 51", "at most 100 functions"]),
        ("--chain '[sine]'", ["sine", "add_one"]),
        ("--only cubed_bowl --at 0", ["at is 0.0", "a slope is 0"]),
        ("--only cubed_bowl --chain '[ln]' --at -1", ["at is -1.0", "not finite"]),
        ("--only four_layers --chain '[50, tanh]'", ["chain [50", "lost in roundings"]),
        ("--only cubed_bowl --at .inf", ["at is inf", "finite"]),
    ],
)
def test_what_has_no_product_of_slopes_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
