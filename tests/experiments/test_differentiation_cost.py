import pytest

from zoo.differentiation import WAYS, central_difference

SETTINGS = [
    "--seed_everything 1 --only neuron --inputs 1",
    "--seed_everything 2 --only neuron --inputs 7",
    "--only sines,product --length 10",
    "--only sines --program product --length 2",
    "--only logistic --length 5",
]


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_sizes_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_differences_that_run_the_loss_at_the_same_point_again_and_again_fail(script, failures, monkeypatch):
    monkeypatch.setitem(WAYS, "forward difference", central_difference)
    assert failures("--only neuron") == {"neuron.forward_difference"}


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


def test_200_weights_take_201_runs_and_200_and_still_2(measured):
    found = measured("--only neuron --inputs 200")
    assert [found[f"neuron.{way}"] for way in ("forward_difference", "forward_mode", "reverse_mode")] == [
        201,
        200,
        2,
    ]


def test_a_formula_of_1024_terms_is_a_graph_of_31_nodes(measured):
    found = measured("--only sines --program logistic --length 10")
    assert found == {"sines.symbolic": 1024, "sines.graph": 31}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--inputs 0", ["inputs is 0", "1 to 200"]),
        ("--inputs 500", ["inputs is 500", "1 to 200"]),
        ("--length 1", ["length is 1", "2 to 10"]),
        ("--length 11", ["length is 11", "2 to 10"]),
        ("--program quotient", ["program is 'quotient'", "sines, product, logistic"]),
    ],
)
def test_what_cannot_be_counted_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
