"""Each file here is about the experiment it is named for; its script is loaded as a module, to be broken."""

import importlib.util
import shlex
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from matplotlib.figure import Figure

from zoo import catalogue
from zoo.verdict import Quantity


@pytest.fixture
def script(request: pytest.FixtureRequest) -> ModuleType:
    """The experiment's script, so that what stands in it can be replaced."""
    experiment = catalogue.experiment(request.path.stem.removeprefix("test_"))
    spec = importlib.util.spec_from_file_location(experiment.name, experiment.script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def failures(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], set[str]]:
    """The keys of the verdicts that fail in an experiment as it is typed.

    Its figure stays empty: to draw it takes longer than to train.
    """
    monkeypatch.setattr(script, "draw", lambda *runs: Figure())

    def failing(typed: str) -> set[str]:
        report = script.main(["--brief=true", f"--runs_dir={tmp_path}", *shlex.split(typed)])
        failed = {verdict.prediction.key for verdict in report.verdicts if not verdict.holds}
        assert report.verdicts
        assert report.holds == (not failed)
        assert report.exit_code == (1 if failed else 0)
        return failed

    return failing


@pytest.fixture
def measured(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], dict[str, Quantity]]:
    """What an experiment measures as it is typed, by key; every verdict must hold. No figure is drawn."""
    monkeypatch.setattr(script, "draw", lambda *runs: Figure())

    def measuring(typed: str) -> dict[str, Quantity]:
        report = script.main(["--brief=true", f"--runs_dir={tmp_path}", *shlex.split(typed)])
        assert [str(verdict) for verdict in report.verdicts if not verdict.holds] == []
        return {verdict.prediction.key: verdict.measured for verdict in report.verdicts}

    return measuring


@pytest.fixture
def refusal(script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """The sentence with which an experiment refuses what is typed, before any step, with status 2."""

    def refusing(typed: str) -> str:
        with pytest.raises(SystemExit) as leaving:
            script.main(["--brief=true", f"--runs_dir={tmp_path}", *shlex.split(typed)])
        said = capsys.readouterr().err
        assert leaving.value.code == 2
        assert said.startswith("error: ")
        assert said.count("\n") == 1
        assert list(tmp_path.rglob("version_*")) == []
        return said

    return refusing


@pytest.fixture
def broken(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Any], None]:
    """Break one function of a chapter of theory, for what the script says and not for the chapter itself."""

    def breaking(chapter: str, name: str, function: Any) -> None:
        of_theory = vars(getattr(script, chapter))
        monkeypatch.setattr(script, chapter, SimpleNamespace(**of_theory | {name: function}))

    return breaking


@pytest.fixture
def pushed(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Add a push to the gradient of every coordinate of a Minimizer's point, in the run alone."""

    def pushing(push: float) -> None:
        right = script.Minimizer.training_step

        def training_step(self: Any, batch: Any, batch_idx: int) -> Any:
            return right(self, batch, batch_idx) + push * self.surface.point.sum()

        monkeypatch.setattr(script.Minimizer, "training_step", training_step)

    return pushing


@pytest.fixture
def optimized(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change a setting of a Minimizer's optimizer in the run alone: predictions read the defaults."""

    def optimizing(**settings: float) -> None:
        right = script.Minimizer.configure_optimizers

        def configure_optimizers(self: Any) -> Any:
            optimizer = right(self)
            optimizer.param_groups[0].update(settings)
            return optimizer

        monkeypatch.setattr(script.Minimizer, "configure_optimizers", configure_optimizers)

    return optimizing
