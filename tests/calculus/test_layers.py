import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close

from zoo.calculus.layers import linear, linear_vjp


@pytest.fixture(params=[1, 5], ids=["one-sample", "five-samples"])
def inputs(request):
    shapes = [(request.param, 3), (2, 3), (2,)]
    return [torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


def test_value_is_that_of_pytorch(inputs):
    assert_close(linear(*inputs), F.linear(*inputs), rtol=1e-14, atol=1e-15)


def test_gradients_have_the_shapes_of_their_inputs_and_the_values_of_autograd(inputs):
    z = linear(*inputs)
    g = torch.randn_like(z)
    grads = linear_vjp(g, *inputs)
    assert [grad.shape for grad in grads] == [x.shape for x in inputs]
    assert_close(grads, torch.autograd.grad(z, inputs, g), rtol=1e-14, atol=1e-15)


def test_the_gradients_of_a_batch_add_up_in_w_and_b_and_stay_apart_in_x():
    x, w, b, g = (torch.randn(*shape, dtype=torch.float64) for shape in [(5, 3), (2, 3), (2,), (5, 2)])
    dx, dw, db = linear_vjp(g, x, w, b)
    each = [linear_vjp(g[n : n + 1], x[n : n + 1], w, b) for n in range(5)]
    assert_close(dx, torch.cat([dx for dx, _, _ in each]), rtol=1e-14, atol=1e-15)
    assert_close(dw, sum(dw for _, dw, _ in each), rtol=1e-14, atol=1e-15)
    assert_close(db, sum(db for _, _, db in each), rtol=1e-14, atol=1e-15)


def test_the_gradient_of_one_output_in_its_weights_is_the_input():
    x, w, b = torch.tensor([[2.0, -3.0]]), torch.zeros(2, 2), torch.zeros(2)
    dx, dw, db = linear_vjp(torch.tensor([[0.0, 1.0]]), x, w, b)
    assert dx.tolist() == [[0, 0]]
    assert dw.tolist() == [[0, 0], [2, -3]]
    assert db.tolist() == [0, 1]
