"""Bad input is answered with one sentence that names the value and the choices."""

import difflib
import importlib
import re
import sys
from collections.abc import Iterable
from typing import NoReturn

from lightning.pytorch.cli import LightningArgumentParser

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list in [brackets]",
    "dict": "a mapping in {braces}",
    "NoneType": "null",
}


class Parser(LightningArgumentParser):
    """LightningCLI's parser, whose errors are a sentence instead of the usage of a hundred options."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print the sentence and exit with status 2."""
        options = {option for action in self._actions for option in action.option_strings}
        keys = [
            option[2:] for option in options if option.startswith("--") and not option.endswith(("+", "help"))
        ]
        sys.stderr.write(f"error: {sentence(message, keys)}\n")
        raise SystemExit(2)


def sentence(message: str, keys: Iterable[str] = ()) -> str:
    """The one sentence in what jsonargparse says over many lines, with the choices that it leaves out.

    Args:
        message: of the parser, or of a constructor that refused its arguments.
        keys: the options that there are, to suggest the nearest.
    """
    flat = " ".join(message.split())
    if found := re.search(r"Group '([\w.]+)' does not accept option '([\w.]+)'", flat):
        return _unknown(f"{found[1]}.{found[2]}", keys)
    if found := re.search(r"(?:unrecognized arguments: -*|Option ')([\w.]+)", flat):
        return _unknown(found[1], keys)
    if broken := _no_config(flat):
        return broken
    if found := re.search(r"File does not exist: '?([^']+)'?", flat):
        return f"the config file {found[1]} does not exist"
    wants_a_plain_value = re.search(r"Expected a <class '(?:bool|float|int|str)'>", flat)
    if not wants_a_plain_value and (
        found := re.search(r"Expected a path but (\S+) either not accessible", flat)
    ):
        return _no_class(found[1], flat)
    if "supported gpu backend" in flat or "`CUDAAccelerator` can not run" in flat:
        accelerator = "cuda" if "CUDA" in flat else "gpu"
        return f"trainer.accelerator is {accelerator!r}, but PyTorch finds no GPU here; choose cpu or auto"
    if found := re.search(r"Errors: - ((?!Expected).+?) - Expected", flat):
        return found[1]  # a constructor's own sentence, among the types that did not fit either
    return _wrong_value(flat) or flat


def _no_config(flat: str) -> str:
    """The sentence on a config file that is no mapping in YAML, empty where it is about something else."""
    if found := re.search(r'Problems parsing config: (.+?) in "<.*?>", (line \d+, column \d+)', flat):
        return f"a config file is no YAML: {found[2]}, {found[1]}"
    if found := re.search(r"Unexpected config: ?(.*)", flat):
        holds = repr(found[1]) if found[1] else "nothing"
        return f"a config file holds {holds}; it must hold keys and values, such as seed_everything: 1"
    if found := re.search(r"Path is not a file: '?([^']+)'?", flat):
        return f"the config {found[1]} is no file"
    return ""


def _wrong_value(flat: str) -> str:
    """The sentence on a value of the wrong type, empty where the message is about something else."""
    keys = re.findall(r'Parser key "([\w.]+)"', flat)
    if found := re.search(
        r"Not of type PositiveInt: (?:invalid literal .*: )?'?(.+?)'?(?: does not|$)", flat
    ):
        return f"{keys[-1]} is {found[1]}; it must be a whole number of at least 1"
    value = re.search(r"(?:Given value: |Got value: )(.+?)(?:\.? Got value: .*)?$", flat)
    expected = re.sub(r"Subtypes: .* Errors:", "", flat)
    literals = [
        x.strip(" '")
        for group in re.findall(r"Expected a typing.Literal\[(.+?)\]", expected)
        for x in group.split(",")
    ]
    kinds = [_KINDS.get(kind, kind) for kind in re.findall(r"Expected a <class '(\w+)'>", expected)]
    if not (keys and value and (literals or kinds)):
        return ""
    if literals:
        return f"{keys[-1]} is {value[1]!r}; choose one of {', '.join(dict.fromkeys(literals))}"
    return f"{keys[-1]} is {value[1]!r}; it must be {' or '.join(kinds)}"


def _unknown(key: str, keys: Iterable[str]) -> str:
    return f"there is no option {key!r}; {_nearest(key, keys)}"


def _nearest(name: str, choices: Iterable[str]) -> str:
    known = sorted(choices)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return hint + (f"The choices are {', '.join(known)}" if len(known) < 20 else "--help lists them all")


def _no_class(path: str, flat: str) -> str:
    module, _, name = path.rpartition(".")
    if kind := re.search(
        r"(?:does not correspond to a subclass of |to be a subclass of <class ')(\w+)", flat
    ):
        return f"class_path is {path!r}, which is no {kind[1]}"
    if not module:
        return f"{path!r} is no class; name one by its import path, such as torch.optim.SGD or zoo.models.MLP"
    try:
        found = importlib.import_module(module)
    except ImportError:
        return f"class_path is {path!r}, but there is no module {module!r}"
    choices = getattr(found, "__all__", None) or [n for n in dir(found) if n[0].isupper()]
    return f"class_path is {path!r}, but {module} has no {name!r}; {_nearest(name, choices)}"
