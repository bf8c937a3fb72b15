"""What calculus predicts, what was measured, and whether the one holds for the other.

A `Prediction` is made before the run and knows its own tolerance. It becomes a `Verdict` only when it
meets a measurement, so no tolerance can be chosen after the answer is known.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Quantity = float | int | str
Relation = Literal["=", "≤", "≥"]
VERDICTS = "verdicts.json"  # the file in a run's folder that holds them


@dataclass(frozen=True)
class Prediction:
    """A claim about a number (or a name) that nobody has measured yet.

    Args:
        key: ``<variant>.<quantity>``, unique in its experiment: ``sigmoid_10.signal``. By it the measurement
            is found.
        claim: the claim in words, with its symbol and unit; the variant need not be repeated in it.
        value: the number predicted, or the name predicted (which optimizer wins, say).
        source: where the law comes from: "elementary", or author and year.
        relation: how the measurement stands to ``value``: equal to it, at most it, or at least it.
        atol: absolute tolerance, in the unit of ``value``.
        rtol: tolerance relative to ``value``.
        because: why the tolerance is what it is. A tolerance without a reason is refused.
    """

    key: str
    claim: str
    value: Quantity
    source: str
    relation: Relation = "="
    atol: float = 0.0
    rtol: float = 0.0
    because: str = ""

    def __post_init__(self) -> None:
        if (self.atol or self.rtol) and not self.because:
            raise ValueError(f"prediction {self.key!r} has a tolerance and no reason for it")
        if isinstance(self.value, str) and (self.relation != "=" or self.atol or self.rtol):
            raise ValueError(f"prediction {self.key!r} is a name: names are equal or they are not")
        if isinstance(self.value, float) and math.isnan(self.value):
            raise ValueError(f"prediction {self.key!r} is not a number")
        if not 0 <= self.tolerance < math.inf:
            tolerance = f"a tolerance of {self.tolerance}"
            raise ValueError(f"prediction {self.key!r} has {tolerance}; it must be at least 0 and finite")

    @property
    def variant(self) -> str:
        """The run that the claim is about."""
        return self.key.partition(".")[0]

    @property
    def shown(self) -> str:
        """The relation, where it is not equality, and the value."""
        return f"{'' if self.relation == '=' else self.relation + ' '}{shown(self.value, self.tolerance)}"

    @property
    def tolerance(self) -> float:
        """The absolute tolerance: atol + rtol·|value|; 0 for a name or an exact count."""
        if isinstance(self.value, str) or not self.rtol:  # 0 · ∞ would be NaN
            return self.atol
        return self.atol + self.rtol * abs(self.value)


@dataclass(frozen=True)
class Verdict:
    """A prediction and its measurement."""

    prediction: Prediction
    measured: Quantity

    @property
    def holds(self) -> bool:
        """Whether the measurement is what was predicted, within the tolerance. NaN never holds."""
        predicted, measured = self.prediction.value, self.measured
        if isinstance(predicted, str) or isinstance(measured, str):
            return predicted == measured
        if self.prediction.relation == "≤":
            return measured <= predicted + self.prediction.tolerance
        if self.prediction.relation == "≥":
            return measured >= predicted - self.prediction.tolerance
        return measured == predicted or abs(measured - predicted) <= self.prediction.tolerance

    def __str__(self) -> str:
        p = self.prediction
        verdict = "HOLDS" if self.holds else "FAILS"
        return f"{verdict}: {p.variant}: {p.claim}: predicted {p.shown}, measured {self.shown}{self.margin}"

    @property
    def shown(self) -> str:
        """The measurement, with as many digits as the tolerance gives a meaning; all six where it fails."""
        return shown(self.measured, self.prediction.tolerance if self.holds else 0.0)

    @property
    def margin(self) -> str:
        """The tolerance as it is printed after the numbers, empty where nothing is tolerated."""
        tolerance = self.prediction.tolerance
        return f" (± {tolerance:.2g})" if tolerance else ""

    def to_dict(self) -> dict[str, Quantity | bool]:
        """The verdict as it is written to verdicts.json."""
        p = self.prediction
        return {
            "key": p.key,
            "claim": p.claim,
            "relation": p.relation,
            "predicted": p.value,
            "measured": self.measured,
            "tolerance": p.tolerance,
            "because": p.because,
            "source": p.source,
            "holds": self.holds,
        }


def shown(quantity: Quantity, tolerance: float = 0.0) -> str:
    """A quantity as people read it: counts and names as they are, numbers to six digits.

    Of a number with a tolerance, digits below a hundredth of the tolerance are left out: they mean nothing.
    Where they mean something beyond the sixth, nine are shown. Of a number that is all below, one is left.
    """
    if not isinstance(quantity, float):
        return str(quantity)
    if not tolerance or not math.isfinite(quantity):
        return f"{quantity:.6g}"
    rounded = round(quantity, 2 - math.floor(math.log10(tolerance))) + 0.0  # + 0.0: no "-0"
    if rounded == 0 and abs(quantity) > 1e-9 * tolerance:
        return f"{quantity:.0e}"
    digits = 9 if tolerance < 1e-6 * abs(quantity) else 6
    return f"{rounded:.{digits}g}"


def judge(predictions: Sequence[Prediction], measurements: Mapping[str, Quantity]) -> list[Verdict]:
    """Bring every prediction together with the measurement of its key; what nobody predicted is left out.

    Raises:
        ValueError: a key is predicted twice, or predicted and not measured.
    """
    keys = [p.key for p in predictions]
    if twice := {k for k in keys if keys.count(k) > 1}:
        raise ValueError(f"predicted twice: {', '.join(sorted(twice))}")
    if missing := [k for k in keys if k not in measurements]:
        raise ValueError(f"predicted but not measured: {', '.join(missing)}")
    return [Verdict(p, measurements[p.key]) for p in predictions]
