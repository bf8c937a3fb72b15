import pytest

from zoo.differentiation import WAYS, central_difference

SETTINGS = [
    "--seed_everything 1 --only neuron --size 1",
    "--seed_everything 2 --only neuron --size 7",
    "--only sines,product,logistic --size 2",
    "--only sines,product,logistic --size 5",
    "--only sines,product --size 10",
    "--only logistic --size 9",
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_sizes_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_of_one_input_there_is_none_fewer_to_count(measured):
    assert "neuron.fewer" not in measured("--only neuron --size 1")


def test_differences_that_run_the_loss_at_the_same_point_again_and_again_fail(script, failures, monkeypatch):
    monkeypatch.setitem(WAYS, "forward difference", central_difference)
    assert failures("--only neuron") == {"neuron.forward_difference", "neuron.fewer"}


def test_a_way_that_has_all_slopes_of_few_inputs_at_once_fails(script, failures, monkeypatch):
    right = script.runs
    monkeypatch.setattr(script, "runs", lambda way, n: 2 if n < 50 else right(way, n))
    assert failures("--only neuron") == {"neuron.fewer"}


def test_a_way_back_that_runs_the_loss_once_more_fails(script, failures, monkeypatch):
    right = script.reverse_mode
    monkeypatch.setattr(script, "reverse_mode", lambda f, x, h: right(lambda at: f(at) + 0 * f(x), x, h))
    assert failures("--only neuron") == {"neuron.reverse_mode"}


def test_slopes_that_are_off_by_a_billionth_fail(script, failures, monkeypatch):
    right = script.reverse_mode
    monkeypatch.setattr(script, "reverse_mode", lambda f, x, h: right(f, x, h) * (1 + 1e-9))
    assert failures("--only neuron") == {"neuron.error"}


def test_formulas_that_grow_no_faster_than_graphs_fail(script, failures, monkeypatch):
    monkeypatch.setattr(script.counting, "symbolic_length", script.counting.graph_nodes)
    assert failures("--only sines,product") == {"sines.symbolic", "product.symbolic"}


def test_a_graph_without_its_inputs_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script.counting, "graph_nodes", lambda program, n: n if program == "sines" else n - 1)
    assert failures("--only sines,product") == {"sines.graph", "product.graph"}


def test_the_slope_at_a_point_a_trillionth_off_fails(script, failures, monkeypatch):
    right = script.counting.logistic_slope
    monkeypatch.setattr(script.counting, "logistic_slope", lambda n, x: right(n, x + 1e-12))
    assert failures("--only logistic") == {"logistic.slope"}


def test_200_weights_take_201_runs_and_400_and_200_and_still_2(measured):
    found = measured("--only neuron --size 200")
    ways = ("forward_difference", "central_difference", "forward_mode", "reverse_mode")
    assert [found[f"neuron.{way}"] for way in ways] == [201, 400, 200, 2]


def test_ten_sines_and_ten_factors_have_long_formulas_and_short_graphs(measured):
    found = measured("--only sines,product --size 10")
    assert [found[f"{name}.symbolic"] for name in ("sines", "product")] == [55, 80]
    assert [found[f"{name}.graph"] for name in ("sines", "product")] == [11, 19]


def test_a_formula_of_1024_terms_is_a_graph_of_31_nodes_and_one_number(measured):
    found = measured("--only logistic")
    assert (found["logistic.symbolic"], found["logistic.graph"]) == (1024, 31)
    assert found["logistic.slope"] == pytest.approx(-455.41226, rel=1e-8)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--only neuron --size 0", ["size is 0", "1 to 200", "neuron"]),
        ("--only neuron --size 500", ["size is 500", "1 to 200"]),
        ("--only sines --size 1", ["size is 1", "2 to 10", "sines"]),
        ("--only logistic --size 11", ["size is 11", "2 to 10", "logistic"]),
        ("--size 50", ["size is 50", "2 to 10"]),  # typed for all variants
        ("--program quotient", ["program is 'quotient'", "neuron, sines, product, logistic"]),
        ("--inputs 3", ["no option 'inputs'"]),
    ],
)
def test_what_cannot_be_counted_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
