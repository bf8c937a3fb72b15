"""Functions and their derivatives by hand: under every ``f`` stands its ``f_vjp``.

The chapters, each a file to read from top to bottom:

- ``elementary``: powers, eˣ, ln x, and the rules for constant multiples, sums and products.
- ``activations``: sigmoid, tanh, the ReLU family, GELU, SiLU, softplus; ``slope`` is f′ by name.
- ``softmax``: softmax with its Jacobian diag(p) − ppᵀ, and log-softmax.
- ``layers``: the linear layer x wᵀ + b.
- ``losses``: mean squared error, binary cross-entropy from p and from z, cross-entropy.
- ``surfaces``: the quadratic ½ Σ λᵢ xᵢ², a bowl or a saddle; polynomials; the logistic loss.

A derivative is written as a vector-Jacobian product. With y = f(x) somewhere inside a
scalar L, and g = ∂L/∂y arriving from above, ``f_vjp(g, x)`` is ∂L/∂x = Jᵀg, where
J = ∂y/∂x: the chain rule for one step, and backpropagation is nothing but such steps,
the last function first. It returns a tuple, one gradient an input in their order, with
None for what has no gradient.

    p = linear(x, w, b)                       # forward
    L = mse(p, y)
    dp, _ = mse_vjp(torch.tensor(1.0), p, y)  # backward, from ∂L/∂L = 1
    dx, dw, db = linear_vjp(dp, x, w, b)

Nothing is imported here; write ``from zoo.calculus.layers import linear, linear_vjp``.
"""
