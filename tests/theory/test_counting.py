import pytest

from zoo.theory.counting import evaluations, graph_nodes, logistic_slope, symbolic_length


def times(p, q):
    """The product of two polynomials, constant first."""
    product = [0] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            product[i + j] += a * b
    return product


@pytest.mark.parametrize(
    ("way", "counts"),
    [
        ("forward difference", [2, 51]),
        ("central difference", [2, 100]),
        ("forward mode", [1, 50]),
        ("reverse mode", [2, 2]),
    ],
)
def test_what_1_and_what_50_slopes_cost(way, counts):
    assert [evaluations(way, n) for n in (1, 50)] == counts


def test_sines_inside_each_other_are_called_in_all_factors():
    assert [symbolic_length("sines", n) for n in range(2, 7)] == [3, 6, 10, 15, 21]
    factors = ["cos(" + "sin(" * k + "x" + ")" * k + ")" for k in range(5)]
    assert symbolic_length("sines", 5) == sum(factor.count("(") for factor in factors)


def test_speelpennings_product_has_a_slope_of_n_minus_1_factors_an_input():
    assert [symbolic_length("product", n) for n in (2, 3, 5, 8)] == [0, 3, 15, 48]


@pytest.mark.parametrize("n", range(2, 6))
def test_every_power_of_x_is_in_the_logistic_map(n):
    polynomial = [0, 1]
    for _ in range(n):
        polynomial = times([4 * a for a in polynomial], [1 - polynomial[0], *(-a for a in polynomial[1:])])
    slope = [k * a for k, a in enumerate(polynomial)][1:]
    assert symbolic_length("logistic", n) == sum(a != 0 for a in slope) == len(slope)


@pytest.mark.parametrize(("program", "nodes"), [("sines", 7), ("product", 11), ("logistic", 19)])
def test_a_graph_has_a_node_for_every_step_and_every_input(program, nodes):
    assert graph_nodes(program, 6) == nodes


def test_the_slope_of_the_logistic_map_after_ten_steps():
    assert logistic_slope(10, 0.3) == pytest.approx(-455.41226, rel=1e-8)


@pytest.mark.parametrize("n", range(1, 9))
@pytest.mark.parametrize("x", [0.07, 0.3, 0.9])
def test_the_slope_of_the_logistic_map_is_the_product_of_its_steps_slopes(n, x):
    product, y = 1.0, x
    for _ in range(n):
        product, y = product * 4 * (1 - 2 * y), 4 * y * (1 - y)
    assert logistic_slope(n, x) == pytest.approx(product, rel=1e-10)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: evaluations("by heart", 3), "way is 'by heart'; choose one of forward difference"),
        (lambda: evaluations("forward mode", 0), "n is 0"),
        (lambda: symbolic_length("sums", 3), "program is 'sums'; choose one of sines, product, logistic"),
        (lambda: symbolic_length("product", 1), "n is 1"),
        (lambda: graph_nodes("sums", 3), "program is 'sums'"),
        (lambda: graph_nodes("sines", 1), "n is 1"),
        (lambda: logistic_slope(0, 0.3), "n is 0"),
        (lambda: logistic_slope(3, 0.0), "x is 0.0; it must be between 0 and 1"),
        (lambda: logistic_slope(3, 1.0), "x is 1.0; it must be between 0 and 1"),
    ],
)
def test_senseless_input_is_named(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()
