"""ExperimentCLI: what every script in experiments/ is built on, from predictions to a report."""

import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from lightning.fabric.utilities.exceptions import MisconfigurationException
from matplotlib.figure import Figure
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zoo.building import RunsCLI
from zoo.errors import InputError
from zoo.hparams import log_hyperparameters
from zoo.precedence import without_own_keys
from zoo.progress import RunsProgress
from zoo.report import Report, board_command, judged, stated, terminal, write_predictions, write_report
from zoo.run import ModelT, Run
from zoo.verdict import Prediction, Quantity, judge

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C has ended


class ExperimentCLI(RunsCLI[ModelT]):
    """The runs of an experiment, in the order in which a script has them predicted, trained and judged.

    The script says what is predicted and what is measured; see RunsCLI for what is parsed and built.
    """

    predictions: list[Prediction] | None = None  # until they are announced

    @cached_property
    def console(self) -> Console:
        """The terminal."""
        return terminal()

    def announce(self, predictions: Iterable[Prediction]) -> None:
        """State what calculus predicts, on the terminal and in predictions.json, before any training.

        Args:
            predictions: best a generator, so that what theory refuses is answered here, in one sentence.
        """
        try:
            found = list(predictions)
        except InputError as error:
            self.refuse(str(error))
        if len({p.key for p in found}) < len(found):
            self.refuse(f"a claim is made twice: repeats is {self.config.repeats}, and may have to be 1 here")
        if not found:
            self.refuse(
                "no law of this experiment speaks of this config; see its script for their conditions"
            )
        self.predictions = found
        write_predictions(self.folder, found)
        if not self.config.brief:
            question, law = escape(self.experiment.question), escape(self.experiment.law)
            self.console.print(f"\n[bold]{question}[/bold]\nLaw: {law}\n")
            if changed := without_own_keys(self.typed):
                self.console.print(f"As typed, for every run: {escape(shlex.join(changed))}\n")
            self.console.print(stated(found))

    def fit(self) -> None:
        """Train every run, each from its own seed.

        Raises:
            RuntimeError: nothing has been predicted yet.
            SystemExit: on Ctrl-C, with status 130, after a sentence that names the folder of what was logged.
        """
        if self.predictions is None:
            raise RuntimeError("state the predictions before the run: call announce() first")
        with RunsProgress(self.experiment.name, len(self.runs), self.console) as bar:
            self.share_done.bar = bar
            for run in self.runs:
                bar.begin(f"{run.variant}, seed {run.seed}")
                self._fit_one(run)
                bar.end()

    def _fit_one(self, run: Run[ModelT]) -> None:
        try:
            run.fit()
        except (InputError, MisconfigurationException) as error:  # what is refused once the data are seen
            self.refuse(str(error))
        except SystemExit as leaving:
            # Lightning turns Ctrl-C into an exit with status 1, after it has closed the loggers.
            if isinstance(leaving.__context__, KeyboardInterrupt):
                sys.stderr.write(f"interrupted; what was logged until now is in {self.folder}\n")
                raise SystemExit(INTERRUPTED) from leaving
            raise

    def report(
        self,
        measurements: Mapping[str, Mapping[str, Quantity]],
        figures: Mapping[str, Figure] | None = None,
        tables: Sequence[Table] = (),
    ) -> Report:
        """Judge every prediction; write the verdicts and figures, and print the tables and verdicts.

        Args:
            measurements: variant → quantity → the measurement, for every prediction ``<variant>.<quantity>``.
            figures: name → figure; each becomes <name>.png and an image in TensorBoard.
            tables: what teaches more than one number, printed above the verdicts.

        Raises:
            RuntimeError: nothing has been predicted.
            ValueError: a prediction has no measurement.
        """
        if self.predictions is None:
            raise RuntimeError("there is nothing to judge: call announce() and fit() first")
        by_key = {
            f"{name}.{key}": value for name, found in measurements.items() for key, value in found.items()
        }
        verdicts = judge(self.predictions, by_key)
        report = Report(self.experiment.name, self.folder, verdicts)
        write_report(report, self.config.seed_everything, figures or {})
        log_hyperparameters(self.runs, verdicts)
        if not self.config.brief:
            self.console.print(*tables, judged([report], self.console.width), sep="\n")
            self.console.print(f"\nCurves, figures and verdicts: [bold]{self.folder}[/bold]")
            self.console.print(
                f"To look at them: {board_command(self.experiment.name, self.config.runs_dir)}"
            )
        return report
