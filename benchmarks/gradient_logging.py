"""What does it cost to log the gradient norm of every layer in every step?

    python benchmarks/gradient_logging.py --workload mlp30 --rounds 9
    python benchmarks/gradient_logging.py --workload resnet18 --isolated

Every variant trains the same network under Lightning, in turns: a round has each variant once, in an order
drawn anew. What is timed are 100 steps in the middle of a fit, of which two end a block of the monitors.
Differences are taken within a round, as the machine's speed changes between rounds; shown are medians and
quartiles.

With --isolated, forward, backward and update are left out: the gradients of one backward pass stay in place,
and all of Lightning's hooks run. What is left is Lightning's own time and the time of the logging.
"""

import argparse
import logging
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.demos import Transformer
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import grad_norm
from torch import Tensor, nn

from zoo.diagnostics import GradientNormMonitor, LossMonitor

WARM_UP, TIMED = 60, 100


class Timer(L.Callback):
    """Measure the time from the start of one step to the start of another, a fixed number later."""

    def on_train_batch_start(self, trainer: L.Trainer, *arguments: Any) -> None:
        """Look at the clock twice."""
        if trainer.global_step == WARM_UP:
            self.start = time.perf_counter()
        elif trainer.global_step == WARM_UP + TIMED:
            self.step_time = (time.perf_counter() - self.start) / TIMED


class Norms(L.Callback):
    """The floor: compute the norms and write nothing."""

    def on_before_optimizer_step(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        """One call for all gradients."""
        gradients = [p.grad for p in pl_module.parameters() if p.grad is not None]
        self.norms = torch.stack(torch._foreach_norm(gradients))


class Documented(L.Callback):
    """The way of Lightning's documentation."""

    def on_before_optimizer_step(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        """Log the norm of every parameter's gradient."""
        pl_module.log_dict(grad_norm(pl_module, norm_type=2))


class ScalarByScalar(L.Callback):
    """What most projects write themselves."""

    def on_before_optimizer_step(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        """An event a parameter."""
        for name, parameter in pl_module.named_parameters():
            if parameter.grad is not None:
                norm = parameter.grad.norm().item()
                trainer.logger.experiment.add_scalar(f"grad_norm/{name}", norm, trainer.global_step)


class Task(L.LightningModule):
    """A network on one batch, again and again.

    Args:
        network: the network.
        loss: network → its loss.
        log_loss: whether training_step logs it.
    """

    def __init__(self, network: nn.Module, loss: Callable[[nn.Module], Tensor], log_loss: bool) -> None:
        super().__init__()
        self.network, self.loss, self.log_loss = network, loss, log_loss

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """The loss."""
        loss = self.loss(self.network)
        if self.log_loss:
            self.log("loss", loss)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Plain descent."""
        return torch.optim.SGD(self.parameters(), lr=1e-3)


class Isolated(Task):
    """The same with the work taken out: gradients stay as one backward pass has left them."""

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Put gradients in their place, once."""
        if batch_idx == 0:
            self.loss(self.network).backward()
            self.constant = torch.ones((), requires_grad=True)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """A loss that costs nothing."""
        loss = self.constant * 1
        if self.log_loss:
            self.log("loss", loss)
        return loss

    def backward(self, loss: Tensor) -> None:
        """Nothing."""

    def optimizer_zero_grad(self, *_: Any) -> None:
        """Nothing."""

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """An optimizer that does as it is told, and no more."""

        class Idle(torch.optim.SGD):
            def step(self, closure: Any = None) -> Any:
                return closure()

        return Idle(self.parameters(), lr=0.0)


def mlp(depth: int, width: int, batch: int) -> tuple[nn.Module, Callable[[nn.Module], Tensor]]:
    """A sigmoid network with `depth` linear layers on random numbers of ten classes."""
    hidden = [layer for _ in range(depth - 1) for layer in (nn.Linear(width, width), nn.Sigmoid())]
    x, y = torch.randn(batch, width), torch.randint(10, (batch,))
    return nn.Sequential(*hidden, nn.Linear(width, 10)), lambda network: nn.functional.cross_entropy(
        network(x), y
    )


def resnet18() -> tuple[nn.Module, Callable[[nn.Module], Tensor]]:
    """torchvision's ResNet-18 on eight images of 64 x 64."""
    from torchvision.models import resnet18

    x, y = torch.randn(8, 3, 64, 64), torch.randint(10, (8,))
    return resnet18(num_classes=10), lambda network: nn.functional.cross_entropy(network(x), y)


def transformer() -> tuple[nn.Module, Callable[[nn.Module], Tensor]]:
    """Lightning's demonstration Transformer on sixteen sequences of 35 tokens."""
    tokens = torch.randint(1000, (16, 36))
    x, y = tokens[:, :-1], tokens[:, 1:]
    return Transformer(vocab_size=1000), lambda network: nn.functional.nll_loss(network(x, y), y.reshape(-1))


WORKLOADS = {
    "mlp30": lambda: mlp(depth=30, width=128, batch=64),
    "resnet18": resnet18,
    "mlp200": lambda: mlp(depth=200, width=64, batch=32),
    "transformer": transformer,
}
# name → callbacks, whether training_step logs the loss, whether there is a TensorBoardLogger
VARIANTS: dict[str, tuple[Callable[[], list[L.Callback]], bool, bool]] = {
    "nothing": (list, False, False),
    "loss, self.log": (list, True, True),
    "loss, LossMonitor": (lambda: [LossMonitor()], False, True),
    "norms, not written": (lambda: [Norms()], False, False),
    "ours": (lambda: [GradientNormMonitor(), LossMonitor()], False, True),
    "scalar by scalar": (lambda: [ScalarByScalar()], True, True),
    "documented": (lambda: [Documented()], True, True),
}


def step_time(workload: str, variant: str, isolated: bool, folder: str) -> tuple[float, int]:
    """Seconds a step, and bytes that were logged a step."""
    torch.manual_seed(0)
    callbacks, log_loss, logged = VARIANTS[variant]
    timer, (network, loss) = Timer(), WORKLOADS[workload]()
    logger = TensorBoardLogger(folder, default_hp_metric=False) if logged else False
    trainer = L.Trainer(
        accelerator="cpu",
        devices=1,
        max_steps=WARM_UP + TIMED + 1,
        log_every_n_steps=1,
        logger=logger,
        callbacks=[timer, *callbacks()],
        enable_progress_bar=False,
        enable_checkpointing=False,
        enable_model_summary=False,
    )
    trainer.fit((Isolated if isolated else Task)(network, loss, log_loss), range(WARM_UP + TIMED + 2))
    files = Path(logger.log_dir).glob("events*") if logger else []
    return timer.step_time, sum(file.stat().st_size for file in files) // (WARM_UP + TIMED + 1)


def rounds(workload: str, count: int, isolated: bool) -> Iterator[dict[str, tuple[float, int]]]:
    """Variant → seconds and bytes a step, one dictionary a round."""
    for _ in range(count):
        order = random.sample(list(VARIANTS), len(VARIANTS))
        with tempfile.TemporaryDirectory() as folder:
            yield {variant: step_time(workload, variant, isolated, folder) for variant in order}


def quartiles(values: list[float]) -> str:
    """Median [first quartile, third quartile]."""
    if len(values) < 2:
        return f"{values[0]:.0f}"
    first, median, third = statistics.quantiles(values, n=4, method="inclusive")
    return f"{median:.0f} [{first:.0f}, {third:.0f}]"


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workload", choices=WORKLOADS, default="mlp30")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--isolated", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    found = list(rounds(given.workload, given.rounds, given.isolated))
    kind = "isolated" if given.isolated else "training"
    print(f"{given.workload}, {kind}, {given.rounds} rounds; µs a step\n")
    print("| variant | time | more than nothing | more than loss, self.log | times loss, self.log | bytes |")
    print("|---|---|---|---|---|---|")
    for variant in VARIANTS:
        times = [1e6 * r[variant][0] for r in found]
        more = {
            base: [1e6 * (r[variant][0] - r[base][0]) for r in found]
            for base in ("nothing", "loss, self.log")
        }
        ratio = statistics.median(r[variant][0] / r["loss, self.log"][0] for r in found)
        print(
            f"| {variant} | {quartiles(times)} | {' | '.join(map(quartiles, more.values()))} "
            f"| {ratio:.3f} | {found[0][variant][1]} |"
        )


if __name__ == "__main__":
    main()
