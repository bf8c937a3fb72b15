"""Lesson: what every experiment does, whether it trains or not, from its command line to its report."""

import math
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import torch
from jsonargparse import ArgumentParser, Namespace
from jsonargparse.typing import PositiveInt
from lightning.pytorch.cli import LightningArgumentParser
from matplotlib.figure import Figure
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zoo import catalogue
from zoo.errors import InputError
from zoo.precedence import Variants, arguments_of, as_shipped, those_of, without_own_keys, without_typed
from zoo.quiet import hush
from zoo.report import (
    PREDICTIONS,
    Report,
    board_command,
    judged,
    stated,
    write_predictions,
    write_report,
)
from zoo.terminal import terminal
from zoo.verdict import Prediction, Quantity, Verdict, judge
from zoo.versions import next_version


class Lesson:
    """Choose variants, state predictions before anything is run, judge them, and leave a report behind.

    The config is configs/<script's name>.yaml; ``--config`` adds a file over it, and any typed key goes over
    both. A config may name ``variants``, each a set of keys that differ. What is typed goes over variants
    too. Where one variant alone is chosen, keys that only its classes have can be typed.

    On bad input a lesson prints one sentence and exits with status 2.

    Attributes:
        experiment: what the catalogue says of the script.
        typed: the command line.
        config: the config that all variants share.
        chosen: variant → the keys in which it differs, of those that are to be run.
        folder: runs/<name>/version_<k>, where all of it is written.
        predictions: None until they are announced.
    """

    experiment: catalogue.Experiment
    typed: list[str]
    parser: LightningArgumentParser
    config: Any
    chosen: Variants
    folder: Path
    predictions: list[Prediction] | None = None

    def open_lesson(self, script: str, args: Sequence[str]) -> None:
        """Find the script's place in the catalogue, and keep what was typed."""
        hush()
        self.experiment = catalogue.experiment(Path(script).stem)
        self.typed = arguments_of({}, args)

    @property
    def parser_settings(self) -> dict[str, Any]:
        """How the lesson's parser introduces itself, and where it begins to read."""
        return {
            "prog": f"zoo run {self.experiment.name}",
            "description": self.experiment.question,
            "default_config_files": [str(self.experiment.config)],
            "allow_abbrev": False,
        }

    @cached_property
    def console(self) -> Console:
        """The terminal."""
        return terminal()

    @staticmethod
    def add_lesson_arguments(parser: ArgumentParser) -> None:
        """The keys that every lesson has."""
        variants_help = "name → the keys in which it differs"
        parser.add_argument("--variants", type=Variants, default={}, help=variants_help)
        parser.add_argument(
            "--only", type=str, default="", help="names of variants, with commas; all if empty"
        )
        parser.add_argument("--runs_dir", type=str, default="runs", help="where runs are written")
        parser.add_argument(
            "--threads", type=PositiveInt, default=1, help="CPU threads; small networks want one"
        )
        parser.add_argument("--brief", type=bool, default=False, help="print nothing but the progress bar")

    def choose_variants(self) -> list[str]:
        """Choose the variants, and return the command line of the config that they share.

        They are read first, alone, since a key that is typed may be one of a variant's own class.
        """
        if not self.experiment.config.is_file():
            self.refuse(f"the experiment's config {self.experiment.config} is missing")
        try:
            config = self.parser.parse_args(those_of(self.typed, "variants", "only"))
        except UnicodeDecodeError as error:
            self.refuse(f"a config file is no UTF-8 text: {error}")
        variants: Variants = config.variants or {self.experiment.name: {}}
        if odd := [name for name in variants if not re.fullmatch(r"[\w-]+", str(name))]:
            self.refuse(f"a variant is named {odd[0]!r}; letters, digits, _ and - are what a name can have")
        only = [name.strip() for name in config.only.split(",") if name.strip()]
        if unknown := [name for name in only if name not in variants]:
            self.refuse(f"there is no variant {unknown[0]!r}; choose from {', '.join(variants)}")
        self.chosen = {name: keys for name, keys in variants.items() if not only or name in only}
        return arguments_of(next(iter(self.chosen.values())) if len(self.chosen) == 1 else {}, self.typed)

    def refuse_odd_seeds(self, repeats: int = 1) -> None:
        """Refuse a seed from which not every repeat could have its own."""
        seed, most = self.config.seed_everything, 2**32 // repeats - 1
        if isinstance(seed, bool) or not 0 <= seed <= most:
            self.refuse(f"seed_everything is {seed}; choose a whole number from 0 to {most}")

    def config_of(self, overrides: Mapping[str, Any]) -> Namespace:
        """The config of a variant: below what is typed, over the config files."""
        config = self.parser.parse_args(arguments_of(overrides, self.typed))
        for key, value in vars(config.as_flat()).items():
            for odd in _not_finite(value):
                self.refuse(
                    f"{key} {'has' if isinstance(value, list) else 'is'} {odd}; it must be a finite number"
                )
        return config

    def make_folder(self) -> None:
        """Make the run's folder before all else: if it cannot be written, nothing has been computed yet."""
        torch.set_num_threads(self.config.threads)
        try:
            self.folder = next_version(Path(self.config.runs_dir) / self.experiment.name)
        except OSError as error:
            self.refuse(f"runs_dir is {self.config.runs_dir!r}, which cannot be written: {error.strerror}")

    def save_config(self) -> None:
        """config.yaml, from which the same run can be made again."""
        saved = self.config.clone()
        if len(self.chosen) > 1:
            saved.variants = without_typed(saved.variants, self.typed)
        elif saved.variants:
            saved.variants = {name: {} for name in self.chosen}  # its keys stand in the config itself
        # None is a value too: without it, a key that was typed as null would come back as the default.
        self.parser.save(saved, str(self.folder / "config.yaml"), skip_none=False)

    def refuse(self, reason: str) -> NoReturn:
        """Answer input that makes no sense here: one sentence, and exit with status 2.

        Before anything is predicted the run's folder is removed, so that no empty run is the latest one.
        """
        if hasattr(self, "folder") and not (self.folder / PREDICTIONS).exists():
            shutil.rmtree(self.folder, ignore_errors=True)
        self.parser.error(reason)

    def announce(self, predictions: Iterable[Prediction]) -> None:
        """State what calculus predicts, on the terminal and in predictions.json, before anything is run.

        Args:
            predictions: best a generator, so that what theory refuses is answered here, in one sentence.
        """
        try:
            found = list(predictions)
        except InputError as error:
            self.refuse(str(error))
        if len({p.key for p in found}) < len(found):
            repeats = self.config.get("repeats", 1)
            self.refuse(f"a claim is made twice: repeats is {repeats}, and may have to be 1 here")
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
            raise RuntimeError("there is nothing to judge: call announce() first, then run what it is about")
        by_key = {
            f"{name}.{key}": value for name, found in measurements.items() for key, value in found.items()
        }
        verdicts = judge(self.predictions, by_key)
        report = Report(self.experiment.name, self.folder, verdicts)
        write_report(report, self.config.seed_everything, as_shipped(self.typed), figures or {})
        self.log_settings(verdicts)
        if not self.config.brief:
            self.console.print(*tables, judged([report], self.console.width), sep="\n")
            self.console.print(f"\nCurves and verdicts: [bold]{escape(str(self.folder))}[/bold]")
            for name in figures or {}:
                self.console.print(f"Figure: {escape(str(self.folder / name))}.png")
            self.console.print(
                f"To look at them: {escape(board_command(self.experiment.name, self.config.runs_dir))}"
            )
        return report

    def log_settings(self, verdicts: Sequence[Verdict]) -> None:
        """What a lesson logs of its settings beside the verdicts: nothing, unless it says otherwise."""


def _not_finite(value: object) -> Iterator[float]:
    """What of a number, or of the numbers in a list, is NaN or infinite."""
    if isinstance(value, list):
        for entry in value:
            yield from _not_finite(entry)
    elif isinstance(value, float) and not math.isfinite(value):
        yield value
