"""The linear layer. N samples, I features in, O out; g is ∂L/∂z, (N, O), with z the layer's output."""

from torch import Tensor


def linear(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """zₙₒ = Σᵢ xₙᵢ wₒᵢ + bₒ, or z = x wᵀ + b, with x (N, I), w (O, I) and b (O,)."""
    return x @ w.T + b


def linear_vjp(g: Tensor, x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """∂L/∂x = g w,  ∂L/∂w = gᵀ x,  ∂L/∂b = Σₙ gₙ.

    Each factor is the other one's derivative, and the shapes leave no other order:
    (N, O)(O, I) is the shape of x, and (O, N)(N, I) that of w. All N samples share w
    and b, so their gradients add up.
    """
    return g @ w, g.T @ x, g.sum(dim=0)
