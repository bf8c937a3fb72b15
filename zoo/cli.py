"""ExperimentCLI: what every script that trains is built on, from predictions to a report."""

import sys
from collections.abc import Sequence
from typing import NoReturn

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.utilities.exceptions import SIGTERMException

from zoo.building import RunsCLI
from zoo.errors import INTERRUPTED, TERMINATED, InputError
from zoo.hparams import log_hyperparameters
from zoo.progress import RunsProgress
from zoo.run import ModelT, Run
from zoo.verdict import Verdict


class ExperimentCLI(RunsCLI[ModelT]):
    """The runs of an experiment, in the order in which a script has them predicted, trained and judged.

    The script says what is predicted and what is measured; see Lesson for announce and report, and RunsCLI
    for what is parsed and built.
    """

    def fit(self) -> None:
        """Train every run, each from its own seed.

        Raises:
            RuntimeError: nothing has been predicted yet.
            SystemExit: on Ctrl-C, with status 130, or terminated, with 143, after a sentence that names the
                folder of what was logged.
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
                self._leave("interrupted", INTERRUPTED, leaving)
            if isinstance(leaving, SIGTERMException):
                self._leave("terminated", TERMINATED, leaving)
            raise

    def _leave(self, how: str, status: int, cause: BaseException) -> NoReturn:
        sys.stderr.write(f"{how}; what was logged until now is in {self.folder}\n")
        raise SystemExit(status) from cause

    def log_settings(self, verdicts: Sequence[Verdict]) -> None:
        """Write TensorBoard's table of the runs."""
        log_hyperparameters(self.runs, verdicts)
