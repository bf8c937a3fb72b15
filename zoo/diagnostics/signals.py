"""What reaches a layer on the way back: ∂L/∂(its output) and ∂L/∂(its input)."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from zoo.diagnostics.layers import layers
from zoo.diagnostics.norms import norm


class SignalRecorder:
    """Record ‖∂L/∂h‖₂ at the output and at the input of every layer, in every backward pass.

    Of several outputs or inputs, the first tensor that requires a gradient counts. What is recorded is the
    whole derivative with respect to that tensor, along all paths: where a layer's input also goes around the
    layer, as in a residual block, the path around is part of it. Where nothing requires a gradient, nothing
    is recorded.

    A layer that is called several times, in one backward pass or in several, leaves one norm for every
    tensor. The root of the sum of their squares is the norm for all of them together: ∂L/∂(h₁, h₂, …). A call
    that activation checkpointing repeats does not count twice.

    Attributes:
        outputs: layer name → the norms since ``clear()``, each a float64 scalar on the device.
        inputs: the same of the inputs; a layer that reads the data itself has none.
    """

    def __init__(self) -> None:
        self.outputs: dict[str, list[Tensor]] = {}
        self.inputs: dict[str, list[Tensor]] = {}
        self._handles: list[RemovableHandle] = []

    def attach(self, module: nn.Module) -> None:
        """Watch every layer of the module; what was attached before no longer is."""
        self.detach()
        for name, layer in layers(module):
            into = partial(_watch_inputs, _Watch(self.inputs.setdefault(name, []), self._handles))
            out = partial(_watch_outputs, _Watch(self.outputs.setdefault(name, []), self._handles))
            self._handles.append(layer.register_forward_pre_hook(into, with_kwargs=True))
            self._handles.append(layer.register_forward_hook(out))

    def detach(self) -> None:
        """Leave the module and its parameters as they were. What was recorded stays."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def clear(self) -> None:
        """Forget what was recorded."""
        for norms in (*self.outputs.values(), *self.inputs.values()):
            norms.clear()


class _Watch:
    """Have tensors append the norms of their gradients, once there are gradients.

    A parameter can be a layer's input, and outlives the pass: so the handles of its hooks are kept too.
    """

    def __init__(self, norms: list[Tensor], handles: list[RemovableHandle]) -> None:
        self.norms, self.handles = norms, handles
        self.watched: WeakValueDictionary[int, Tensor] = WeakValueDictionary()

    def first_of(self, values: Iterable[Any]) -> None:
        """Watch the first tensor that requires a gradient, if it is not watched already."""
        tensor = next((v for v in values if isinstance(v, Tensor) and v.requires_grad), None)
        if tensor is not None and torch.is_grad_enabled() and id(tensor) not in self.watched:
            self.watched[id(tensor)] = tensor
            self.handles.append(tensor.register_hook(self._append))  # type: ignore[no-untyped-call]

    def _append(self, gradient: Tensor) -> None:
        self.norms.append(norm(gradient))


def _watch_inputs(watch: _Watch, layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    watch.first_of([*args, *kwargs.values()])


def _watch_outputs(watch: _Watch, layer: nn.Module, args: tuple[Any, ...], output: Any) -> None:
    if isinstance(output, Mapping):
        output = output.values()
    elif not isinstance(output, (tuple, list)):  # of anything else that is iterable, a look may use it up
        output = [output]
    watch.first_of(output)
