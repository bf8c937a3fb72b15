"""The folders of an experiment's runs: runs/<name>/version_0, version_1, …"""

from pathlib import Path

from zoo.errors import InputError


def next_version(experiment: Path) -> Path:
    """Make and return experiment/version_<k>, with the first k that is free.

    Raises:
        OSError: it cannot be made.
    """
    k = 0
    while True:
        folder = experiment / f"version_{k}"
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            if not folder.is_dir():
                raise
            k += 1


def latest_version(experiment: Path) -> Path:
    """The version_<k> of the highest k in which something was logged; of all, if nothing was in any.

    Raises:
        InputError: there is none yet.
    """
    found = versions(experiment)
    if not found:
        where = f"{experiment.name} has no run in {str(experiment.parent)!r}"
        raise InputError(f"{where}; zoo run {experiment.name} makes one")
    logged = [folder for folder in found if next(folder.rglob("events.out.tfevents.*"), None)]
    return (logged or found)[-1]


def versions(experiment: Path) -> list[Path]:
    """All version_<k> of an experiment, the oldest first."""
    found = [folder for folder in experiment.glob("version_*") if folder.name[8:].isdecimal()]
    return sorted(found, key=lambda folder: int(folder.name[8:]))
