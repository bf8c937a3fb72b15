"""What tests share: an empty command line, one thread, a quiet Trainer, and experiments of a few lines."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DESCENT = '''"""Where do three steps down a bowl lead?

Descent on f = λx²/2 is a multiplication.

Law: x_k = (1 − ηλ)^k x_0,
with step η and curvature λ.
"""

from zoo.cli import ExperimentCLI
from zoo.diagnostics import ParameterTrajectory
from zoo.training import Minimizer
from zoo.verdict import Prediction


def main(args=None):
    cli = ExperimentCLI(__file__, Minimizer, args, {"trajectory": ParameterTrajectory})
    cli.announce([predict(run) for run in cli.runs])
    cli.fit()
    return cli.report({name: dict(map(measure, runs)) for name, runs in cli.variants.items()})


def predict(run):
    shrinks = 1 - run.optimizer["lr"] * float(run.model.surface.curvatures[0])
    x = shrinks**run.datamodule.count * float(run.config.model.surface.init_args.start[0])
    key = f"{run.variant}.x_{run.repeat}"
    return Prediction(key, "x after the last step", x, "elementary", atol=1e-12, because="rounding")


def measure(run):
    return f"x_{run.repeat}", float(run.callback(ParameterTrajectory).points[-1, 0])


if __name__ == "__main__":
    raise SystemExit(main().exit_code)
'''
DESCENT_CONFIG = """
seed_everything: 0
model:
  surface: {class_path: zoo.models.Quadratic, init_args: {curvatures: [1.0], start: [1.0]}}
  optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1}}
data: {class_path: zoo.data.Steps, init_args: {count: 3}}
trainer: {accelerator: cpu, devices: 1, precision: 64-true, max_epochs: 1}
variants:
  slow: {}
  fast: {model.optimizer.lr: 0.5}
"""

DIGITS = '''"""What does a network say that knows nothing yet?

Law: L = ln 10.
"""

import math

from zoo.cli import ExperimentCLI
from zoo.diagnostics import GradientNormMonitor
from zoo.training import Classifier
from zoo.verdict import Prediction


def main(args=None):
    cli = ExperimentCLI(__file__, Classifier, args, {"gradient_norms": GradientNormMonitor})
    law = {"source": "elementary", "atol": 1.0, "because": "the network is random"}
    cli.announce([Prediction(f"{run.variant}.loss", "first loss", math.log(10), **law) for run in cli.runs])
    cli.fit()
    return cli.report({run.variant: {"loss": float(run.model.losses[0])} for run in cli.runs})
'''
DIGITS_CONFIG = """
model:
  network: {class_path: zoo.models.MLP, init_args: {depth: 2, width: 8}}
  optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1}}
data: {class_path: zoo.data.Digits, init_args: {batch_size: 64}}
trainer: {accelerator: cpu, devices: 1, max_epochs: -1, max_steps: 2, limit_val_batches: 0}
"""

DAY = '''"""How long is a day?

Law: a day has 24 hours.
"""

from dataclasses import dataclass

import torch

from zoo.errors import InputError
from zoo.measuring import MeasurementCLI
from zoo.verdict import Prediction


@dataclass
class Settings:
    """A day.

    Args:
        hours: how many it has.
        name: which day it is.
    """

    hours: float = 24.0
    name: str = "monday"

    def __post_init__(self):
        if self.hours <= 0:
            raise InputError(f"hours is {self.hours}; a day has more")


def main(args=None):
    cli = MeasurementCLI(__file__, Settings, args)
    cli.announce(Prediction(f"{c.variant}.hours", "hours", c.settings.hours, "elementary") for c in cli.cases)
    return cli.report(cli.measure(measure))


def measure(case):
    return {"hours": 24.0, "drawn": float(torch.rand(()))}
'''
DAY_CONFIG = """
seed_everything: 0
hours: 24.0
variants:
  monday: {}
  sunday: {name: sunday}
"""


class Lesson:
    """An experiment in a folder of its own, run in this process."""

    def __init__(self, home: Path, name: str, script: str, config: str) -> None:
        self.home, self.name = home, name
        self.script = self._write(home / "experiments" / f"{name}.py", script)
        self.config = self._write(home / "configs" / f"{name}.yaml", config)

    def file(self, text: str) -> str:
        """The path of a config file with this text."""
        return str(self._write(self.home / "typed" / "more.yaml", text))

    def run(self, *typed: str) -> Any:
        """The report of the lesson's own main()."""
        from zoo import catalogue
        from zoo.tour import conduct

        return conduct(catalogue.experiment(self.name), ["--brief=true", *typed])

    def cli(self, *typed: str, callbacks: dict[str, Any] | None = None) -> Any:
        """An ExperimentCLI around a Minimizer that has built its runs and trained none."""
        from zoo.cli import ExperimentCLI
        from zoo.training import Minimizer

        return ExperimentCLI(str(self.script), Minimizer, ["--brief=true", *typed], callbacks)

    @staticmethod
    def _write(path: Path, text: str) -> Path:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture(autouse=True)
def _empty_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """LightningCLI warns where it is given arguments and sys.argv, which is pytest's, has some too."""
    monkeypatch.setattr(sys, "argv", ["zoo"])


@pytest.fixture(autouse=True, scope="session")
def _runs_stay_as_they_are() -> Iterator[None]:
    """Whoever runs the tests has runs of their own beside them: no test writes there."""

    def versions() -> set[Path]:
        return set(Path("runs").glob("*/version_*"))

    before = versions()
    yield
    assert versions() == before


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Compute on one thread: what tests compute is too small to share out."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """The report of an experiment at its own config: run once, for all tests that look at it."""
    from zoo import catalogue
    from zoo.tour import conduct

    reports: dict[str, Any] = {}

    def report(name: str) -> Any:
        if name not in reports:
            typed = ["--brief=true", f"--runs_dir={tmp_path_factory.mktemp('runs')}"]
            reports[name] = conduct(catalogue.experiment(name), typed)
        return reports[name]

    return report


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is both the catalogue's home and the working directory."""
    monkeypatch.setattr("zoo.catalogue.home", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def lesson(home: Path) -> Lesson:
    """Three steps down a bowl, in two variants: slow with a step of 0.1, fast with 0.5."""
    return Lesson(home, "lesson", DESCENT, DESCENT_CONFIG)


@pytest.fixture
def digits_lesson(home: Path) -> Lesson:
    """Two steps of a small network on digits."""
    return Lesson(home, "digits_lesson", DIGITS, DIGITS_CONFIG)


@pytest.fixture
def day(home: Path) -> Lesson:
    """How long a day is, on two days: a lesson in which nothing is trained."""
    return Lesson(home, "day", DAY, DAY_CONFIG)


@pytest.fixture
def ctrl_c(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ctrl-C in the third step of every Minimizer, before that step is logged."""

    def step_or_interrupt(model: Any, *arguments: Any) -> None:
        if model.trainer.global_step == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("zoo.training.Minimizer.on_train_batch_end", step_or_interrupt)
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)  # Lightning has shut its ears to Ctrl-C once it has heard one


@pytest.fixture
def trainer() -> Callable[..., Any]:
    """A Trainer on the CPU in float64 that writes nothing, with any arguments beside."""
    import lightning

    quiet = {
        "accelerator": "cpu",
        "devices": 1,
        "precision": "64-true",
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "max_epochs": 1,
    }
    return lambda **arguments: lightning.Trainer(**(quiet | arguments))
