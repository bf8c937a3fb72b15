"""TensorBoard's HParams tab: in what the runs of an experiment differ, beside what was measured on each."""

from collections.abc import Sequence
from typing import Any

from lightning.pytorch.loggers import TensorBoardLogger

from zoo.run import Run
from zoo.verdict import Verdict


def log_hyperparameters(runs: Sequence[Run[Any]], verdicts: Sequence[Verdict]) -> None:
    """Write a row for every run that TensorBoard shows: the settings that vary, and what was measured."""
    shown = [run for run in runs if isinstance(run.trainer.logger, TensorBoardLogger)]
    settings = [_settings(run) for run in shown]
    varying = [key for key in dict.fromkeys(k for s in settings for k in s) if _varies(key, settings)]
    for run, values in zip(shown, settings, strict=True):
        logger = run.trainer.logger
        assert isinstance(logger, TensorBoardLogger)
        row = {key: values.get(key, "") for key in varying} or {"seed": run.seed}
        logger.log_hyperparams(row, _metrics(run, verdicts))
        logger.finalize("success")  # the Trainer had closed its file


def _settings(run: Run[Any]) -> dict[str, Any]:
    """The keys of model, data and trainer that are single values, under the names that are typed for them."""
    flat = vars(run.config.as_flat())
    kept = {key: value for key, value in flat.items() if key.startswith(("model.", "data.", "trainer."))}
    return {
        key.replace(".init_args", ""): v if isinstance(v, (int, float, str)) else str(v)
        for key, v in kept.items()
    }


def _varies(key: str, settings: Sequence[dict[str, Any]]) -> bool:
    return len({row.get(key) for row in settings}) > 1


def _metrics(run: Run[Any], verdicts: Sequence[Verdict]) -> dict[str, float]:
    """``verdict/<quantity>`` → its measurement, if that is a number; and how many verdicts hold."""
    own = [v for v in verdicts if v.prediction.variant == run.variant]
    numbers = {v.prediction.key.partition(".")[2]: v.measured for v in own if not isinstance(v.measured, str)}
    return {"verdict/holding": float(sum(v.holds for v in own))} | {
        f"verdict/{quantity}": float(measured) for quantity, measured in numbers.items()
    }
