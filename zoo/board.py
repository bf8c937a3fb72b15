"""TensorBoard on the runs, on this machine only."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

from zoo.errors import TERMINATED, InputError

HOST = "127.0.0.1"
SHOWN_AT_ONCE = 40  # TensorBoard's own limit; above it, its pages open empty


def board(folder: Path, port: int) -> int:
    """Run TensorBoard on a folder until Ctrl-C; returns its exit status.

    Args:
        folder: of one run or many.
        port: the port to try first; if it is taken, another is picked and named.

    Raises:
        InputError: there is no such folder, or no such port.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {str(folder)!r}; zoo tour makes one")
    free = free_port(port)
    if free != port:
        print(f"port {port} is taken; using {free} instead")
    if len({file.parent for file in folder.rglob("events.out.tfevents.*")}) > SHOWN_AT_ONCE:
        print("with so many runs TensorBoard ticks none at first: tick some, or name an experiment")
    print(f"TensorBoard on {folder}: http://{HOST}:{free}   (Ctrl-C stops it)", flush=True)
    command = [
        sys.executable,
        "-m",
        "tensorboard.main",
        "--logdir",
        str(folder),
        "--host",
        HOST,
        "--port",
        str(free),
    ]
    return _until_it_ends(command)


def _until_it_ends(command: list[str]) -> int:
    """Run a command that does not outlive this one, also where this one is told to terminate."""

    def terminate(*signal_and_frame: object) -> None:
        raise SystemExit(TERMINATED)

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        with subprocess.Popen(command) as server:
            try:
                return server.wait()
            finally:
                server.terminate()
    finally:
        signal.signal(signal.SIGTERM, before)


def free_port(wanted: int) -> int:
    """The wanted port if nothing listens on it, else one that the system picks.

    Raises:
        InputError: wanted is not from 1 to 65535.
    """
    if not 1 <= wanted <= 65535:
        raise InputError(f"port is {wanted}; choose 1 to 65535")
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As servers do: a port that a stopped one left in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise InputError(f"port {wanted} is taken, and the system has no other")
