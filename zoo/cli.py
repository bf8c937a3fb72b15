"""ExperimentCLI: from a config to runs, from predictions to a report."""

import math
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, NoReturn

import lightning as L
import torch
from jsonargparse import Namespace
from jsonargparse.typing import PositiveInt
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import TensorBoardLogger
from matplotlib.figure import Figure
from rich.markup import escape
from rich.table import Table

from zoo import catalogue
from zoo.complaints import Parser
from zoo.hparams import log_hyperparameters
from zoo.precedence import Variants, arguments_of, without_typed
from zoo.progress import RunsProgress, ShareDone
from zoo.quiet import hush
from zoo.report import Report, board_command, judged, stated, terminal, write_predictions, write_report
from zoo.run import ModelT, Run
from zoo.verdict import Prediction, Quantity, judge
from zoo.versions import next_version

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C has ended
TRAINER_DEFAULTS = {
    "enable_progress_bar": False,  # one bar for all runs: zoo.progress
    "enable_model_summary": False,
    "enable_checkpointing": False,
    "num_sanity_val_steps": 0,
    "log_every_n_steps": 1,
}


class ExperimentCLI(LightningCLI, Generic[ModelT]):
    """LightningCLI for an experiment: it parses, seeds and builds runs; the script predicts and measures.

    The config is configs/<script's name>.yaml; ``--config`` adds a file over it, and any typed key goes over
    both. A config may name ``variants``, each a set of keys that differ; every variant is one run, or as
    many as ``repeats`` says, at seeds that no two repeats share. What is typed on the command line goes over
    variants too.

    Args:
        script: the script's ``__file__``; its stem names the config, the run folder and the test.
        model_class: the LightningModule; ``--model.*`` are its arguments. LightningModule itself lets the
            config choose one by class_path.
        args: the command line as a list; sys.argv, if it is left out.
        callbacks: config key → callback class; every run gets its own, with the arguments under that key.

    Attributes:
        runs: every run, variants in the config's order and repeats within them.
        folder: runs/<name>/version_<k>, where all of it is written.

    On bad input it prints one sentence and exits with status 2.
    """

    def __init__(
        self,
        script: str,
        model_class: type[ModelT],
        args: list[str] | None = None,
        callbacks: Mapping[str, type[L.Callback]] | None = None,
    ) -> None:
        hush()
        self.experiment = catalogue.experiment(Path(script).stem)
        self.typed = arguments_of({}, sys.argv[1:] if args is None else args)
        self.callback_classes = dict(callbacks or {})
        self.console = terminal()
        self.share_done = ShareDone()
        self.predictions: list[Prediction] | None = None
        super().__init__(
            model_class,
            L.LightningDataModule,
            save_config_callback=None,
            trainer_defaults=TRAINER_DEFAULTS | {"callbacks": [self.share_done]},
            seed_everything_default=0,
            parser_kwargs={
                "prog": f"zoo run {self.experiment.name}",
                "description": self.experiment.question,
                "default_config_files": [str(self.experiment.config)],
                "allow_abbrev": False,
            },
            parser_class=Parser,
            subclass_mode_model=model_class is L.LightningModule,
            subclass_mode_data=True,
            args=self.typed,
            run=False,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """The keys that an experiment has beside Lightning's own."""
        for key, kind in self.callback_classes.items():
            parser.add_lightning_class_args(kind, key)
        parser.add_argument(
            "--variants", type=Variants, default={}, help="name → the keys in which it differs"
        )
        parser.add_argument(
            "--only", type=str, default="", help="names of variants, with commas; all if empty"
        )
        parser.add_argument("--repeats", type=PositiveInt, default=1, help="seeds per variant")
        parser.add_argument("--runs_dir", type=str, default="runs", help="where runs are written")
        parser.add_argument(
            "--threads", type=PositiveInt, default=1, help="CPU threads; small networks want one"
        )
        parser.add_argument("--brief", type=bool, default=False, help="print nothing but the progress bar")

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse, and refuse what would only be stumbled over later."""
        if not self.experiment.config.is_file():
            parser.error(f"the experiment's config {self.experiment.config} is missing")
        try:
            super().parse_arguments(parser, args)
        except UnicodeDecodeError as error:
            parser.error(f"a config file is no UTF-8 text: {error}")
        seed, most = self.config.seed_everything, 2**32 // self.config.repeats - 1
        if isinstance(seed, bool) or not 0 <= seed <= most:
            parser.error(f"seed_everything is {seed}; choose a whole number from 0 to {most}")

    def before_instantiate_classes(self) -> None:
        """Make the run's folder first: if it cannot be written, nothing has been computed yet."""
        torch.set_num_threads(self.config.threads)
        try:
            self.folder = next_version(Path(self.config.runs_dir) / self.experiment.name)
        except OSError as error:
            self.refuse(f"runs_dir is {self.config.runs_dir!r}, which cannot be written: {error.strerror}")

    def instantiate_classes(self) -> None:
        """Build every run; none is trained."""
        try:
            self.runs: list[Run[ModelT]] = list(self._build())
        except SystemExit:
            shutil.rmtree(self.folder, ignore_errors=True)  # what was refused leaves nothing behind
            raise
        self.model, self.datamodule, self.trainer = (
            self.runs[0].model,
            self.runs[0].datamodule,
            self.runs[0].trainer,
        )
        saved = self.config.clone()
        saved.variants = without_typed(self.config.variants, self.typed)
        # None is a value too: without it, a key that was typed as null would come back as the default.
        self.parser.save(saved, str(self.folder / "config.yaml"), skip_none=False)

    @property
    def variants(self) -> dict[str, list[Run[ModelT]]]:
        """Variant → its repeats, in the config's order."""
        grouped: dict[str, list[Run[ModelT]]] = {}
        for run in self.runs:
            grouped.setdefault(run.variant, []).append(run)
        return grouped

    def _build(self) -> Iterator[Run[ModelT]]:
        for name, overrides in self._chosen().items():
            config = self._parsed(overrides)
            for repeat in range(self.config.repeats):
                yield self._build_one(name, repeat, config)

    def _chosen(self) -> Variants:
        variants: Variants = self.config.variants or {self.experiment.name: {}}
        only = [name.strip() for name in self.config.only.split(",") if name.strip()]
        if unknown := [name for name in only if name not in variants]:
            self.refuse(f"there is no variant {unknown[0]!r}; choose from {', '.join(variants)}")
        return {name: keys for name, keys in variants.items() if not only or name in only}

    def _parsed(self, overrides: Mapping[str, Any]) -> Namespace:
        """The config of a variant: below what is typed, over the config files."""
        config = self.parser.parse_args(arguments_of(overrides, self.typed))
        for key, value in vars(config.as_flat()).items():
            if isinstance(value, float) and not math.isfinite(value):
                self.refuse(f"{key} is {value}; it must be a finite number")
        return config

    def _build_one(self, variant: str, repeat: int, config: Namespace) -> Run[ModelT]:
        # Seeds of another seed_everything share none with these.
        seed = config.seed_everything * config.repeats + repeat
        L.seed_everything(seed, verbose=False)
        try:
            self.config_init = self.parser.instantiate_classes(config)
            trainer = self.instantiate_trainer(logger=self._logger(variant) if repeat == 0 else False)
            run = Run(variant, repeat, seed, config, self.config_init.model, self.config_init.data, trainer)
            # What the optimizer or the data refuse, they refuse here, before anything has run.
            run.model.configure_optimizers()
            run.datamodule.prepare_data()
            run.datamodule.setup("fit")
            if trainer.world_size != 1:
                raise ValueError(f"trainer.devices is {config.trainer.devices!r}; an experiment runs on 1")
        except (ValueError, TypeError, OSError, MisconfigurationException) as error:
            self.refuse(str(error))
        return run

    def _logger(self, variant: str) -> TensorBoardLogger:
        folder = self.folder
        return TensorBoardLogger(
            folder.parent.parent,
            folder.parent.name,
            folder.name,
            sub_dir=variant,
            default_hp_metric=False,
            flush_secs=5,  # the writer may miss Ctrl-C's wake-up, and then sleeps until its next flush
        )

    def announce(self, predictions: Iterable[Prediction]) -> None:
        """State what calculus predicts, on the terminal and in predictions.json, before any training.

        Args:
            predictions: best a generator, so that what theory refuses is answered here, in one sentence.
        """
        try:
            self.predictions = list(predictions)
        except ValueError as error:
            self.refuse(str(error))
        if len({p.key for p in self.predictions}) < len(self.predictions):
            self.refuse(f"a claim is made twice: repeats is {self.config.repeats}, and may have to be 1 here")
        if not self.predictions:
            self.refuse(
                "no law of this experiment speaks of this config; see its script for their conditions"
            )
        write_predictions(self.folder, self.predictions)
        if not self.config.brief:
            question, law = escape(self.experiment.question), escape(self.experiment.law)
            self.console.print(f"\n[bold]{question}[/bold]\n{law}\n")
            if self.typed:
                self.console.print(f"As typed, for every run: {escape(shlex.join(self.typed))}\n")
            self.console.print(stated(self.predictions))

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
        except ValueError as error:  # what a network or a callback refuses once it sees the data
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

    def refuse(self, reason: str) -> NoReturn:
        """Answer input that makes no sense here: one sentence, and exit with status 2.

        Before anything is predicted the run's folder is removed, so that no empty run is the latest one.
        """
        if self.predictions is None and hasattr(self, "folder"):
            shutil.rmtree(self.folder, ignore_errors=True)
        self.parser.error(reason)
