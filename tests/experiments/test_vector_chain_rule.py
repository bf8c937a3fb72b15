import itertools

import pytest
import torch

SETTINGS = [
    "--seed_everything 1 --only two_units --at '[2, -1]' --weights '[[[0.5, 0], [1, 1]], [[0, -1], [1, 0]]]'",
    "--only narrowing --at '[-1, 2, 0, 0.5]'",
    "--only one_unit --at '[-0.3]' --weights '[[[3]], [[-1]], [[0.5]], [[2]], [[1.5]]]'",
    "--only one_unit --weights '[[[1], [2], [-1]], [[0.5, 1, 2]]]'",  # (3, 3) is not J's shape
    "--only two_units --weights '[[[0, 0], [0, 0]], [[1, 2], [3, 4]]]'",
    "--only one_unit --at '[2]'",  # where tanh is flat, 1 − tanh² is rounded in units of 1
    "--only one_unit --weights '[[[2.0]],[[9.0]]]' --at '[1.0]'",
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_in_other_chains(typed, failures):
    assert failures(typed) == set()


@pytest.mark.parametrize("widths", [(1, 1, 1), (2, 2, 2, 2), (8, 8, 8, 8, 8, 8), (4, 3, 2)])
def test_products_by_hand_and_by_autograd_differ_by_roundings_only(widths, script):
    generator = torch.Generator().manual_seed(0)
    for _ in range(25):
        weights = [
            (5 * torch.randn(out, into, generator=generator, dtype=torch.float64)).tolist()
            for into, out in itertools.pairwise(widths)
        ]
        s = script.Settings(weights, torch.randn(widths[0], generator=generator).tolist())
        by_hand, by_autograd = (
            script.jacobians(s, of) for of in (script.by_hand, torch.func.jacrev(script.layer))
        )
        whole = torch.func.jacrev(lambda by, s=s: script.moved(s, by))(0 * script.tensor(s.at))
        off, slack = (script.in_order(by_hand) - whole).abs().max(), script.off_by_rounding(s)
        assert float(off) <= slack
        apart = script.other_order(by_hand, script.in_order(by_hand))
        if apart != script.NO_FIT:
            assert abs(script.other_order(by_autograd, whole) - apart) <= 2 * slack


def test_jacobians_that_are_multiplied_in_the_other_order_fail(script, failures, monkeypatch):
    right = script.in_order
    monkeypatch.setattr(script, "in_order", lambda js: right(js[::-1]))
    assert failures("--only two_units,one_unit") == {"two_units.product", "two_units.other"}


def test_a_jacobian_without_the_slope_of_tanh_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "by_hand", lambda h, w: w)
    assert failures("") == {
        *(f"{name}.{key}" for name in ("two_units", "narrowing", "one_unit") for key in ("entry", "product")),
        "two_units.other",
    }


def test_a_jacobian_with_rows_and_columns_exchanged_fails(script, failures, monkeypatch):
    right = script.by_hand
    monkeypatch.setattr(script, "by_hand", lambda h, w: right(h, w).T)
    assert failures("--only two_units,one_unit") == {"two_units.entry", "two_units.product"}


def test_ways_of_which_the_last_is_forgotten_fail_but_where_there_is_one(script, failures, monkeypatch):
    right = script.theory.sum_of_ways

    def forgetful(js, *ends):
        last = [len(j) - 1 for j in js[:-1]]
        steps = zip(js, [0, *last], [*last, 0], strict=True)
        way = 1.0 if any(last) else 0.0
        for j, before, after in steps:
            way *= j[after][before]
        return right(js, *ends) - way

    monkeypatch.setattr(script.theory, "sum_of_ways", forgetful)
    assert failures("") == {"two_units.entry", "narrowing.entry"}


def test_a_small_step_that_moves_all_inputs_fails_where_there_is_more_than_one(script, failures, monkeypatch):
    right = script.by_small_steps
    monkeypatch.setattr(script, "by_small_steps", lambda s, u: right(s, 0 * u + 1))
    assert failures("") == {"two_units.entry", "narrowing.entry"}


def test_autograd_that_loses_a_millionth_fails(script, failures, monkeypatch):
    right = script.moved
    monkeypatch.setattr(script, "moved", lambda s, by: right(s, by) * (1 - 1e-6))
    assert failures("--only one_unit") == {"one_unit.entry", "one_unit.product", "one_unit.other"}


def test_where_no_unit_reaches_another_the_order_does_not_matter(measured):
    found = measured("--only two_units --weights '[[[1, 0], [0, 2]], [[3, 0], [0, 1]]]'")
    assert found["two_units.other"] == pytest.approx(0, abs=1e-15)
    assert measured("--only two_units")["two_units.other"] > 2


def test_at_0_the_first_entry_is_that_of_the_product_of_weights(measured):
    found = measured("--only narrowing --at '[0, 0, 0, 0]'")
    assert found["narrowing.entry"] == pytest.approx(1.1 * 0.5 - 0.5 * 1.0 - 0.6 * 0.4)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--only one_unit --weights '[[[1]]]'", ["chain 1 → 1", "2 to 5 layers"]),
        ("--only one_unit --weights '[[[1]], []]'", ["chain 1 → 1 → 0", "1 to 8 numbers"]),
        ("--only one_unit --at []", ["chain 0 → 1", "1 to 8 numbers"]),
        ("--only two_units --at '[1, 2, 3]'", ["weights has [[1.0, 2.0]", "3 numbers come in"]),
        ("--only one_unit --weights '[[[.inf]], [[1]]]'", ["weights has inf", "a finite number"]),
        ("--only one_unit --at [101]", ["at [101.0]", "-100 to 100"]),
        ("--only one_unit --at [.nan]", ["at has nan", "a finite number"]),
    ],
)
def test_what_is_no_chain_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
