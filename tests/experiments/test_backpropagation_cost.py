import math

import pytest
import torch
from torch.nn.functional import mse_loss

SETTINGS = [
    "--seed_everything 1 --batch 7 --activation relu",
    "--seed_everything 2 --only many_outputs --with_input_gradient true --activation gelu",
    "--only digits --sizes [1,1,1] --batch 1 --with_input_gradient true --activation sigmoid",
    "--only digits --sizes [3,17,2,29,5,40] --batch 256 --with_input_gradient true",
    "--seed_everything 3 --only with_input_gradient --sizes [9,80,70,8,9,80,70,8]",
]
INPUT = "--only with_input_gradient"
MANY = "--only many_outputs"


@pytest.mark.parametrize("typed", SETTINGS)
def test_all_verdicts_hold_for_other_networks_batches_and_seeds(typed, failures):
    assert failures(typed) == set()


def test_two_networks_cost_what_is_known_of_them(measured):  # B03
    found = measured("--only wide_and_narrow,mnist_sized")
    assert [found[f"wide_and_narrow.{way}"] for way in ("forward", "backward")] == [3_968_000, 6_656_000]
    assert [found[f"mnist_sized.{way}"] for way in ("forward", "backward")] == [42_795_008, 59_899_904]


def test_three_times_the_parameters_cost_no_three_forward_passes(script, measured):
    few, many = (script.flops.parameter_count([64, width, width, width, 10]) for width in (128, 256))
    assert many > 3 * few
    found = measured("--only digits --sizes [64,256,256,256,10]")
    assert found["digits.backward"] < 2 * found["digits.forward"]


def test_the_cost_is_claimed_where_it_is_as_much_as_three(measured):
    assert measured("--only digits,with_input_gradient").items() >= {("with_input_gradient.cost", 3)}
    assert "digits.cost" not in measured("--only digits")


def test_from_one_input_the_right_is_as_cheap_as_the_left(measured):
    ratio = measured(f"{INPUT} --sizes [1,128,128,10]")["with_input_gradient.from_input"]
    assert ratio == pytest.approx(1, abs=0.01)


def test_the_order_of_a_product_is_claimed_where_the_gradient_is_wanted_that_it_makes(measured):
    assert not {"digits.product", "digits.from_input"} & measured("--only digits").keys()
    assert measured("--only digits --with_input_gradient true").keys() >= {"digits.product"}


def test_differences_are_claimed_of_few_parameters_only(measured):
    assert "digits.one_by_one" not in measured("--only digits")


def test_differences_find_the_gradient_and_leave_the_network_as_it_was(script):
    torch.manual_seed(0)
    network, x, y = script.start([4, 8, 8, 16], script.Settings())
    before = [p.detach().clone() for p in network.parameters()]
    found = script.one_by_one(network, x, y)
    exact = torch.autograd.grad(mse_loss(network(x), y), network.parameters())
    torch.testing.assert_close(found, torch.cat([g.flatten() for g in exact]), rtol=0, atol=1e-6)
    torch.testing.assert_close(list(network.parameters()), before, rtol=0, atol=1e-15)


def test_the_first_layer_sees_the_input_itself(script):
    network, x, _ = script.start([4, 8, 2], script.Settings())
    first, second = (layer[1] for layer in network)
    torch.testing.assert_close(network(x), second(torch.tanh(first(x))), rtol=0, atol=0)


def test_of_many_parameters_the_figure_has_the_law_and_no_count(script):
    left, _ = script.draw(script.Settings(sizes=[1000, 2, 2], batch=1)).axes
    *_, count, law = (line.get_ydata() for line in left.lines)
    assert left.get_legend_handles_labels()[1] == ["forward", "backward", "one by one"]
    assert all(math.isnan(y) for y in count)
    assert all(y > 0 for y in law)


def test_half_of_the_multiplications_and_additions_fail(script, failures, monkeypatch):
    right = script.flops.forward_flops
    monkeypatch.setattr(script.flops, "forward_flops", lambda *network: right(*network) // 2)
    assert failures(INPUT) == {f"with_input_gradient.{key}" for key in ("forward", "backward", "from_input")}


def test_a_gradient_of_the_input_that_is_forgotten_or_imagined_fails(script, failures, monkeypatch):
    right = script.flops.backward_flops
    monkeypatch.setattr(
        script.flops, "backward_flops", lambda sizes, b, to_input: right(sizes, b, not to_input)
    )
    assert failures("--only digits,with_input_gradient") == {
        "digits.backward",
        "with_input_gradient.backward",
    }


def test_both_ends_taken_for_one_fail(script, failures, monkeypatch):
    right = script.flops.chain_flops
    monkeypatch.setattr(script.flops, "chain_flops", lambda sizes, from_input=False: right(sizes))
    assert failures(INPUT) == {"with_input_gradient.from_input"}


def test_parameters_without_biases_fail(script, failures, monkeypatch):
    right = script.flops.parameter_count
    monkeypatch.setattr(script.flops, "parameter_count", lambda sizes: right(sizes) - sum(sizes[1:]))
    assert failures(MANY) == {"many_outputs.one_by_one"}


def test_differences_to_both_sides_fail(script, failures, monkeypatch):
    right = script.one_by_one
    monkeypatch.setattr(script, "one_by_one", lambda *start: right(*start) + right(*start, h=-1e-6))
    assert failures(MANY) == {"many_outputs.one_by_one"}


def test_two_ways_back_for_one_loss_fail(script, failures, monkeypatch):
    right = torch.Tensor.backward

    def backward(loss):
        right(loss, retain_graph=True)
        right(loss)

    monkeypatch.setattr(script.torch.Tensor, "backward", backward)
    assert failures(MANY) == {f"many_outputs.{key}" for key in ("backward", "outputs")}
    assert "with_input_gradient.cost" in failures(INPUT)


def test_one_way_back_for_all_outputs_together_fails(script, failures, monkeypatch):
    monkeypatch.setattr(script, "output_gradients", lambda network, x: network(x).sum().backward())
    assert failures(MANY) == {"many_outputs.outputs"}


def test_factors_in_another_order_are_another_gradient(script, failures, monkeypatch):
    right = script.chain

    def chain(*start):
        dx, g, fourth, third, second, first = right(*start)
        return [dx, g, fourth, second, third, first]  # of equal shape, but not of equal effect

    monkeypatch.setattr(script, "chain", chain)
    assert failures(INPUT) == {"with_input_gradient.product"}


def test_a_jacobian_that_is_wrong_by_a_millionth_fails(script, failures, monkeypatch):
    right = script.jacrev
    monkeypatch.setattr(script, "jacrev", lambda f, *a: lambda *x: wrong(right(f, *a)(*x)))

    def wrong(found):
        return found * (1 + 1e-6) if isinstance(found, torch.Tensor) else found

    assert failures(INPUT) == {"with_input_gradient.product"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--sizes [64,10]", ["sizes is [64, 10]", "3 to 8 numbers"]),
        ("--sizes [9,9,9,9,9,9,9,9,9]", ["3 to 8 numbers"]),
        ("--sizes [64,0,10]", ["sizes is [64, 0, 10]", "from 1 to 1000"]),
        ("--sizes [5000,8,10]", ["sizes is [5000, 8, 10]", "from 1 to 1000"]),
        ("--sizes [500,500,500]", ["sizes is [500, 500, 500]", "250500000 slopes", "up to 5000000"]),
        ("--batch 0", ["batch is 0", "1 to 256"]),
        ("--batch 100000", ["batch is 100000", "1 to 256"]),
        ("--activation elu", ["activation", "elu", "tanh", "gelu"]),
    ],
)
def test_what_cannot_be_counted_is_refused(typed, words, refusal):
    said = refusal(typed)
    assert [word for word in words if word not in said] == []
