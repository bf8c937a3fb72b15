"""MeasurementCLI: what a script is built on that measures without training, from predictions to a report."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

import lightning as L
from jsonargparse import ActionConfigFile  # type: ignore[attr-defined]

from zoo.complaints import Parser
from zoo.errors import INTERRUPTED, InputError
from zoo.lesson import Lesson
from zoo.progress import RunsProgress
from zoo.verdict import Quantity

SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True)
class Case(Generic[SettingsT]):
    """A variant of the config.

    Attributes:
        variant: its name in the config.
        seed: what is drawn at random follows from it.
        settings: what the config says, as an instance of the script's own dataclass.
    """

    variant: str
    seed: int
    settings: SettingsT


class MeasurementCLI(Lesson, Generic[SettingsT]):
    """The cases of a lesson in which nothing is trained, predicted and then measured.

    Args:
        script: the script's ``__file__``; its stem names the config, the run folder and the test.
        settings: a dataclass; its fields are the config's keys, and can be typed. What its ``__post_init__``
            refuses with InputError is answered in one sentence.
        args: the command line as a list; sys.argv, if it is left out.

    Attributes:
        cases: one a variant, in the config's order.
    """

    def __init__(self, script: str, settings: type[SettingsT], args: list[str] | None = None) -> None:
        self.open_lesson(script, sys.argv[1:] if args is None else args)
        self.settings = settings
        self.parser = Parser(**self.parser_settings)
        config_help = "a file that goes over the experiment's own"
        self.parser.add_argument("-c", "--config", action=ActionConfigFile, help=config_help)
        seed_help = "the seed of all that is drawn at random"
        self.parser.add_argument("--seed_everything", type=int, default=0, help=seed_help)
        self.parser.add_class_arguments(settings)
        self.add_lesson_arguments(self.parser)
        self.config = self.parser.parse_args(self.choose_variants())
        self.refuse_odd_seeds()
        self.make_folder()
        self.cases: list[Case[SettingsT]] = [self._case(*variant) for variant in self.chosen.items()]
        self.save_config()

    def _case(self, variant: str, overrides: Mapping[str, Any]) -> Case[SettingsT]:
        config = self.config_of(overrides)
        values = {field.name: config[field.name] for field in fields(self.settings)}  # type: ignore[arg-type]
        try:
            return Case(variant, config.seed_everything, self.settings(**values))
        except InputError as error:
            self.refuse(str(error))

    def measure(
        self, how: Callable[[Case[SettingsT]], Mapping[str, Quantity]]
    ) -> dict[str, Mapping[str, Quantity]]:
        """Variant → quantity → its measurement, each case from its own seed.

        Raises:
            RuntimeError: nothing has been predicted yet.
            SystemExit: on Ctrl-C, with status 130.
        """
        if self.predictions is None:
            raise RuntimeError("state the predictions before they are measured: call announce() first")
        measured = {}
        try:
            with RunsProgress(self.experiment.name, len(self.cases), self.console) as bar:
                for case in self.cases:
                    bar.begin(case.variant)
                    L.seed_everything(case.seed, verbose=False)
                    measured[case.variant] = how(case)
                    bar.end()
        except KeyboardInterrupt as interrupt:
            sys.stderr.write(f"interrupted; the predictions are in {self.folder}\n")
            raise SystemExit(INTERRUPTED) from interrupt
        return measured
