"""Which setting wins: what is typed, over a variant's keys, over --config, over the experiment's own file."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Variants = dict[str, dict[str, Any]]


def config_files_first(typed: Sequence[str]) -> tuple[list[str], list[str]]:
    """Typed arguments as (config files, all others); the order within each is kept."""
    files: list[str] = []
    keys: list[str] = []
    arguments = iter(typed)
    for argument in arguments:
        if argument in ("--config", "-c"):
            files += [argument, next(arguments, "")]
        else:
            (files if argument.startswith(("--config=", "-c")) else keys).append(argument)
    return files, keys


def arguments_of(overrides: Mapping[str, Any], typed: Sequence[str]) -> list[str]:
    """A command line that puts a variant's keys between the config files and what else is typed."""
    files, keys = config_files_first(_with_negative_numbers(typed))
    variant = [f"--{key}={_written(value)}" for key, value in _flat(overrides)]
    return [*files, *variant, *keys]


def _with_negative_numbers(typed: Sequence[str]) -> list[str]:
    """``--key -1e-3`` as ``--key=-1e-3``: argparse takes a number with an exponent for an option."""
    found: list[str] = []
    for argument in typed:
        takes_a_value = bool(found) and found[-1].startswith("--") and "=" not in found[-1]
        if takes_a_value and re.fullmatch(r"-[\d.]+[eE][-+]?\d+", argument):
            found[-1] += f"={argument}"
        else:
            found.append(argument)
    return found


def _written(value: Any) -> str:
    """A value as it is typed; jsonargparse keeps a class that has arguments as a Namespace."""
    return value if isinstance(value, str) else json.dumps(value, default=vars)


def _flat(overrides: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and their values, of keys that are dotted, nested or both; a class stays whole."""
    for key, value in overrides.items():
        if isinstance(value, dict) and value and "class_path" not in value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def those_of(typed: Sequence[str], *names: str) -> list[str]:
    """The config files among typed arguments, and what sets one of the named keys."""
    files, keys = config_files_first(typed)
    return [*files, *(argument for argument, name in _named(keys) if name in names)]


def without_own_keys(typed: Sequence[str]) -> list[str]:
    """Typed arguments without config files and the keys that change no run."""
    own = ("only", "brief", "runs_dir", "threads")
    return [argument for argument, name in _named(config_files_first(typed)[1]) if name not in own]


def as_shipped(typed: Sequence[str]) -> bool:
    """Whether what is typed leaves every run as the experiment's own config has it, but for the seed."""
    files, _ = config_files_first(typed)
    changed = [a for a, name in _named(without_own_keys(typed)) if name != "seed_everything"]
    return not files and not changed


def _named(keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each argument with the first part of the key that it sets or is a value of."""
    name = ""
    for argument in keys:
        if argument.startswith("--"):
            name = _short(argument).partition(".")[0].rstrip("+")
        yield argument, name


def without_typed(variants: Variants, typed: Sequence[str]) -> Variants:
    """The variants without the keys that are typed, so that a saved config gives the same run back."""
    keys = {_short(key) for key in config_files_first(typed)[1]}
    return {
        name: {key: value for key, value in overrides.items() if _short(key) not in keys}
        for name, overrides in variants.items()
    }


def _short(key: str) -> str:
    """The key of a setting however it is spelt: model.optimizer.lr of --model.optimizer.init_args.lr=0.1."""
    return key.removeprefix("--").partition("=")[0].replace(".init_args", "")
