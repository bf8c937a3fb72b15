"""From a config to runs: what is typed, the variants and the files become models, data and Trainers."""

import math
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import Generic

import lightning as L
from jsonargparse import Namespace
from jsonargparse.typing import PositiveInt
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import TensorBoardLogger

from zoo.complaints import Parser
from zoo.errors import InputError
from zoo.lesson import Lesson
from zoo.progress import ShareDone
from zoo.run import ModelT, Run

TRAINER_DEFAULTS = {
    "enable_progress_bar": False,  # one bar for all runs: zoo.progress
    "enable_model_summary": False,
    "enable_checkpointing": False,
    "num_sanity_val_steps": 0,
    "log_every_n_steps": 1,
}


class RunsCLI(Lesson, LightningCLI, Generic[ModelT]):
    """LightningCLI that parses, seeds and builds the runs of an experiment, and trains none.

    Every variant of the config is one run, or as many as ``repeats`` says, at seeds that no two repeats
    share; see Lesson for the rest of the command line.

    Args:
        script: the script's ``__file__``; its stem names the config, the run folder and the test.
        model_class: the LightningModule; ``--model.*`` are its arguments. LightningModule itself lets the
            config choose one by class_path.
        args: the command line as a list; sys.argv, if it is left out.
        callbacks: config key → callback class; every run gets its own, with the arguments under that key.

    Attributes:
        runs: every run, variants in the config's order and repeats within them.
    """

    def __init__(
        self,
        script: str,
        model_class: type[ModelT],
        args: list[str] | None = None,
        callbacks: Mapping[str, type[L.Callback]] | None = None,
    ) -> None:
        self.open_lesson(script, sys.argv[1:] if args is None else args)
        self.callback_classes = dict(callbacks or {})
        self.share_done = ShareDone()
        super().__init__(
            model_class,
            L.LightningDataModule,
            save_config_callback=None,
            trainer_defaults=TRAINER_DEFAULTS | {"callbacks": [self.share_done]},
            seed_everything_default=0,
            parser_kwargs=self.parser_settings,
            parser_class=Parser,
            subclass_mode_model=model_class is L.LightningModule,
            subclass_mode_data=True,
            args=self.typed,
            run=False,
            auto_configure_optimizers=False,
            load_from_checkpoint_support=False,
        )

    @property
    def variants(self) -> dict[str, list[Run[ModelT]]]:
        """Variant → its repeats, in the config's order."""
        grouped: dict[str, list[Run[ModelT]]] = {}
        for run in self.runs:
            grouped.setdefault(run.variant, []).append(run)
        return grouped

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """The keys that an experiment has beside Lightning's own."""
        for key, kind in self.callback_classes.items():
            parser.add_lightning_class_args(kind, key)
        self.add_lesson_arguments(parser)
        parser.add_argument("--repeats", type=PositiveInt, default=1, help="seeds per variant")

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse, and refuse what would only be stumbled over later."""
        super().parse_arguments(parser, self.choose_variants())
        self.refuse_odd_seeds(self.config.repeats)

    def before_instantiate_classes(self) -> None:
        """Make the run's folder."""
        self.make_folder()

    def instantiate_classes(self) -> None:
        """Build every run; none is trained."""
        try:
            self.runs: list[Run[ModelT]] = list(self._build())
        except SystemExit:
            shutil.rmtree(self.folder, ignore_errors=True)  # what was refused leaves nothing behind
            raise
        first = self.runs[0]
        self.model, self.datamodule, self.trainer = first.model, first.datamodule, first.trainer
        self.save_config()

    def _build(self) -> Iterator[Run[ModelT]]:
        for name, overrides in self.chosen.items():
            config = self.config_of(overrides)
            if config.trainer.logger not in (None, True):
                self.refuse("trainer.logger is set; every run logs to TensorBoard, in the folder of runs_dir")
            for repeat in range(self.config.repeats):
                yield self._build_one(name, repeat, config)

    def _build_one(self, variant: str, repeat: int, config: Namespace) -> Run[ModelT]:
        # Seeds of another seed_everything share none with these.
        seed = config.seed_everything * config.repeats + repeat
        L.seed_everything(seed, verbose=False)
        bare = config.clone()
        bare.variants = {}  # or classes that other variants name would be built, too
        try:
            self.config_init = self.parser.instantiate_classes(bare)
            trainer = self.instantiate_trainer(logger=self._logger(variant) if repeat == 0 else False)
            run = Run(variant, repeat, seed, config, self.config_init.model, self.config_init.data, trainer)
            run.model.configure_optimizers()  # what torch refuses, it refuses here, before anything has run
        except (ValueError, TypeError, OSError, ImportError, MisconfigurationException) as error:
            self.refuse(str(error))  # of constructors that are not ours, any may be about their arguments
        try:
            run.datamodule.prepare_data()
            run.datamodule.setup("fit")
        except (InputError, OSError) as error:
            self.refuse(str(error))
        if trainer.world_size != 1:
            self.refuse(f"trainer.devices is {config.trainer.devices!r}; an experiment runs on 1")
        if not 1 <= run.steps < math.inf:
            self.refuse(f"{variant} takes {run.steps} steps; give it trainer.max_steps or trainer.max_epochs")
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
