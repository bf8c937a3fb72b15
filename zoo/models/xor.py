"""Many small networks that learn XOR side by side: a surface to walk on, of 4H + 1 coordinates each."""

import torch
from torch import Tensor, nn

from zoo.calculus.activations import relu
from zoo.errors import InputError
from zoo.models.surfaces import Surface


class XorNetworks(Surface):
    """f(x) = c + Σ_j a_j relu(w_j·x + b_j) on the four corners of the unit square, K networks at once.

    Each starts at random as `torch.nn.Linear` does, uniform within ±1/√fan_in, and has a loss of its own:
    they do not feel each other. All is float64.

    Args:
        hidden: H, the number of hidden units.
        copies: K, how many networks.

    Attributes:
        point: the parameter, (K, 4H + 1): w (2H numbers), b (H), a (H), c (1), in this order.
        hidden: H.

    Raises:
        InputError: hidden or copies is below 1.
    """

    x: Tensor
    y: Tensor

    def __init__(self, hidden: int = 2, copies: int = 1) -> None:
        super().__init__()
        for name, value in {"hidden": hidden, "copies": copies}.items():
            if value < 1:
                raise InputError(f"{name} is {value}; it must be at least 1")
        self.hidden = hidden
        corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
        self.register_buffer("x", torch.tensor(corners, dtype=torch.float64))
        self.register_buffer("y", torch.tensor([0.0, 1.0, 1.0, 0.0], dtype=torch.float64))
        fan_in = torch.tensor([2.0] * (3 * hidden) + [float(hidden)] * (hidden + 1), dtype=torch.float64)
        uniform = 2 * torch.rand(copies, 4 * hidden + 1, dtype=torch.float64) - 1
        self.point = nn.Parameter(uniform / fan_in.sqrt())

    def forward(self) -> Tensor:
        """The losses of all networks, summed."""
        return self.losses().sum()

    def losses(self) -> Tensor:
        """Each network's mean of (f − y)² over the corners, (K,)."""
        h = self.hidden
        w, b, a, c = torch.split(self.point, [2 * h, h, h, 1], dim=1)
        units = relu(torch.einsum("khi,ni->knh", w.reshape(-1, h, 2), self.x) + b[:, None])
        outputs = torch.einsum("knh,kh->kn", units, a) + c
        losses: Tensor = ((outputs - self.y) ** 2).mean(dim=1)
        return losses
