"""The multilayer perceptron, with every choice that the theory of its gradients speaks of."""

import math
from typing import Literal

from torch import Tensor, nn

from zoo.calculus import activations
from zoo.calculus.activations import ActivationName
from zoo.errors import InputError

Initialization = Literal["default", "xavier", "he", "normal"]


class MLP(nn.Module):
    """h_l = W_l φ(h_{l−1}) + b_l: ``depth`` hidden layers and a linear output.

    The first layer sees the input itself, not φ of it; inputs of more than two axes are flattened. Layers are
    named ``hidden.0`` … ``hidden.<depth−1>`` and ``output``.

    Args:
        in_features: I, the input's size after flattening.
        out_features: O, the number of outputs or classes.
        depth: L, the number of hidden layers.
        width: the number of units of every hidden layer.
        activation: φ, a function of zoo.calculus.activations.
        initialization: "default" is PyTorch's (uniform, variance 1/(3 fan_in), weights and biases alike);
            "xavier" has variance 2/(fan_in + fan_out), "he" 2/fan_in and "normal" weight_std²/fan_in,
            all three normal and with zero biases. (Glorot & Bengio 2010; He et al. 2015)
        weight_std: σ_w, in units of 1/√fan_in; only "normal" reads it.
        bias: whether layers have a bias at all.

    Raises:
        InputError: a size below 1, weight_std below 0, or an unknown activation or initialization.
    """

    def __init__(
        self,
        in_features: int = 64,
        out_features: int = 10,
        depth: int = 3,
        width: int = 128,
        activation: ActivationName = "relu",
        initialization: Initialization = "default",
        weight_std: float = 1.0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        sizes = {"in_features": in_features, "out_features": out_features, "depth": depth, "width": width}
        for name, size in sizes.items():
            if size < 1:
                raise InputError(f"{name} is {size}; it must be at least 1")
        self.in_features, self.out_features, self.depth, self.width = sizes.values()
        self.activation = activation
        self.initialization = initialization
        self.weight_std = weight_std
        self.bias = bias
        fans = [in_features] + [width] * depth
        self.hidden = nn.ModuleList(nn.Linear(i, width, bias=bias) for i in fans[:-1])
        self.output = nn.Linear(width, out_features, bias=bias)
        self.phi = activations.activation(activation)
        for layer in [*self.hidden, self.output]:
            _initialize(layer, initialization, weight_std)

    def forward(self, x: Tensor) -> Tensor:
        """(N, I) or (N, …) to (N, O).

        Raises:
            InputError: a sample has not in_features entries.
        """
        x = x.flatten(1)
        if x.shape[1] != self.in_features:
            raise InputError(f"in_features is {self.in_features}, but a sample has {x.shape[1]} features")
        z = self.hidden[0](x)
        for layer in self.hidden[1:]:
            z = layer(self.phi(z))
        output: Tensor = self.output(self.phi(z))
        return output


def _initialize(layer: nn.Linear, scheme: Initialization, weight_std: float) -> None:
    if scheme == "default":
        return  # nn.Linear has done it
    if scheme == "xavier":
        nn.init.xavier_normal_(layer.weight)
    elif scheme == "he":
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    elif scheme == "normal":
        if weight_std < 0:
            raise InputError(f"weight_std is {weight_std}; a standard deviation is 0 or more")
        nn.init.normal_(layer.weight, std=weight_std / math.sqrt(layer.in_features))
    else:
        raise InputError(f"initialization is {scheme!r}; choose one of default, xavier, he, normal")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
