"""Claims on losses and accuracies that nobody has derived: made only where they were seen to hold.

Their source is "seen, not derived". The numbers of a `Seen` come from runs at its ends and at several seeds.
"""

from dataclasses import dataclass
from typing import Any

from zoo.data import Digits
from zoo.models import MLP
from zoo.run import Run
from zoo.theory import descent

SOURCE = "seen, not derived"


@dataclass(frozen=True)
class Seen:
    """A range of runs: classifiers of digits by an MLP, trained with plain or momentum SGD.

    Attributes:
        rates: η (1 − d)/(1 − β), from and to.
        steps: from and to.
        batch: samples a batch, from and to.
        width: units of a hidden layer, at least.
        momentum: β, at most; with more, a step's share of a gradient comes too late.
        samples: for training, at least; of few, a network learns how frequent classes are.
    """

    rates: tuple[float, float]
    steps: tuple[int, int]
    batch: tuple[int, int] = (32, 128)
    width: int = 64
    momentum: float = 0.9
    samples: int = 900

    def covers(self, run: Run[Any]) -> bool:
        """Whether the run lies in the range."""
        data, network, rate = run.datamodule, run.model.network, sgd_rate(run)
        if not isinstance(data, Digits) or not isinstance(network, MLP) or rate is None:
            return False
        inside = ((rate, self.rates), (run.steps, self.steps), (data.batch_size, self.batch))
        slack = 1e-9  # 0.1/(1 − 0.9) is not 1 in float64
        if network.width < self.width or run.optimizer["momentum"] > self.momentum:
            return False
        return len(data.x) >= self.samples and all(
            low * (1 - slack) <= x <= high * (1 + slack) for x, (low, high) in inside
        )


def sgd_rate(run: Run[Any]) -> float | None:
    """η (1 − d)/(1 − β) of a run with SGD that goes downhill without weight decay; None of any other."""
    o = run.optimizer
    if o["name"] != "SGD" or o["weight_decay"] or o["maximize"]:
        return None
    return descent.terminal_rate(o["lr"], o["momentum"], o["dampening"])
