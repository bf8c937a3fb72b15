"""From a config to runs: what is typed, the variants and the files become models, data and Trainers."""

import math
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, NoReturn

import lightning as L
import torch
from jsonargparse import Namespace
from jsonargparse.typing import PositiveInt
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import TensorBoardLogger

from zoo import catalogue
from zoo.complaints import Parser
from zoo.errors import InputError
from zoo.precedence import Variants, arguments_of, those_of, without_typed
from zoo.progress import ShareDone
from zoo.quiet import hush
from zoo.report import PREDICTIONS
from zoo.run import ModelT, Run
from zoo.versions import next_version

TRAINER_DEFAULTS = {
    "enable_progress_bar": False,  # one bar for all runs: zoo.progress
    "enable_model_summary": False,
    "enable_checkpointing": False,
    "num_sanity_val_steps": 0,
    "log_every_n_steps": 1,
}


class RunsCLI(LightningCLI, Generic[ModelT]):
    """LightningCLI that parses, seeds and builds the runs of an experiment, and trains none.

    The config is configs/<script's name>.yaml; ``--config`` adds a file over it, and any typed key goes over
    both. A config may name ``variants``, each a set of keys that differ; every variant is one run, or as
    many as ``repeats`` says, at seeds that no two repeats share. What is typed on the command line goes over
    variants too. Where one variant alone is chosen, keys that only its classes have can be typed.

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
        self.share_done = ShareDone()
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

    @property
    def variants(self) -> dict[str, list[Run[ModelT]]]:
        """Variant → its repeats, in the config's order."""
        grouped: dict[str, list[Run[ModelT]]] = {}
        for run in self.runs:
            grouped.setdefault(run.variant, []).append(run)
        return grouped

    def refuse(self, reason: str) -> NoReturn:
        """Answer input that makes no sense here: one sentence, and exit with status 2.

        Before anything is predicted the run's folder is removed, so that no empty run is the latest one.
        """
        if hasattr(self, "folder") and not (self.folder / PREDICTIONS).exists():
            shutil.rmtree(self.folder, ignore_errors=True)
        self.parser.error(reason)

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
            # First the variants alone: a key that is typed may be one of a variant's class.
            self.chosen = self._chosen(parser.parse_args(those_of(self.typed, "variants", "only")))
            one = next(iter(self.chosen.values())) if len(self.chosen) == 1 else {}
            super().parse_arguments(parser, arguments_of(one, self.typed))
        except UnicodeDecodeError as error:
            parser.error(f"a config file is no UTF-8 text: {error}")
        seed, most = self.config.seed_everything, 2**32 // self.config.repeats - 1
        if isinstance(seed, bool) or not 0 <= seed <= most:
            parser.error(f"seed_everything is {seed}; choose a whole number from 0 to {most}")

    def _chosen(self, config: Namespace) -> Variants:
        variants: Variants = config.variants or {self.experiment.name: {}}
        if odd := [name for name in variants if not re.fullmatch(r"[\w-]+", str(name))]:
            self.refuse(f"a variant is named {odd[0]!r}; letters, digits, _ and - are what a name can have")
        only = [name.strip() for name in config.only.split(",") if name.strip()]
        if unknown := [name for name in only if name not in variants]:
            self.refuse(f"there is no variant {unknown[0]!r}; choose from {', '.join(variants)}")
        return {name: keys for name, keys in variants.items() if not only or name in only}

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
        first = self.runs[0]
        self.model, self.datamodule, self.trainer = first.model, first.datamodule, first.trainer
        saved = self.config.clone()
        if len(self.chosen) > 1:
            saved.variants = without_typed(saved.variants, self.typed)
        elif saved.variants:
            saved.variants = {name: {} for name in self.chosen}  # its keys stand in the config itself
        # None is a value too: without it, a key that was typed as null would come back as the default.
        self.parser.save(saved, str(self.folder / "config.yaml"), skip_none=False)

    def _build(self) -> Iterator[Run[ModelT]]:
        for name, overrides in self.chosen.items():
            config = self._parsed(overrides)
            for repeat in range(self.config.repeats):
                yield self._build_one(name, repeat, config)

    def _parsed(self, overrides: Mapping[str, Any]) -> Namespace:
        """The config of a variant: below what is typed, over the config files."""
        config = self.parser.parse_args(arguments_of(overrides, self.typed))
        for key, value in vars(config.as_flat()).items():
            if isinstance(value, float) and not math.isfinite(value):
                self.refuse(f"{key} is {value}; it must be a finite number")
        if config.trainer.logger not in (None, True):
            self.refuse("trainer.logger is set; every run logs to TensorBoard, in the folder of runs_dir")
        return config

    def _build_one(self, variant: str, repeat: int, config: Namespace) -> Run[ModelT]:
        # Seeds of another seed_everything share none with these.
        seed = config.seed_everything * config.repeats + repeat
        L.seed_everything(seed, verbose=False)
        try:
            self.config_init = self.parser.instantiate_classes(config)
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
