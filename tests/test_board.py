import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from zoo import board as board_module
from zoo.board import HOST, SHOWN_AT_ONCE, TERMINATED, board, free_port


@pytest.fixture(params=[HOST, "0.0.0.0"], ids=["this-machine", "every-address"])
def taken(request):
    """A port on which a server listens."""
    with socket.create_server((request.param, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free():
    """A port on which nobody listens."""
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
    return port


@pytest.fixture
def commands(monkeypatch):
    """The commands that were run, instead of running them; each ends with status 3."""
    called = []

    class Ended(contextlib.AbstractContextManager):
        def __init__(self, command):
            called.append(command)

        def wait(self):
            return 3

        def terminate(self):
            pass

        def __exit__(self, *exception):
            pass

    monkeypatch.setattr(board_module.subprocess, "Popen", Ended)
    return called


def can_be_listened_on(port):
    with socket.create_server((HOST, port)):
        return True


def test_a_free_port_is_taken_as_it_is(free):
    assert free_port(free) == free


def test_for_a_taken_port_another_is_found_that_is_free(taken):
    other = free_port(taken)
    assert other != taken
    assert can_be_listened_on(other)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_cannot_be_is_refused_with_the_choices(port):
    with pytest.raises(ValueError, match=f"^port is {port}; choose 1 to 65535$"):
        free_port(port)


def test_tensorboard_is_started_on_the_runs_at_this_machine_only(commands, tmp_path, free, capsys):
    assert board(tmp_path, free) == 3
    ((*_, module, one, folder, two, host, three, port),) = commands
    assert (module, one, folder) == ("tensorboard.main", "--logdir", str(tmp_path))
    assert (two, host, three, port) == ("--host", "127.0.0.1", "--port", str(free))
    said = capsys.readouterr().out
    assert f"http://127.0.0.1:{free} " in said
    assert "taken" not in said


def test_a_taken_port_is_named_beside_the_one_that_is_used(commands, tmp_path, taken, capsys):
    board(tmp_path, taken)
    used = commands[0][-1]
    said = capsys.readouterr().out
    assert used != str(taken)
    assert f"port {taken} is taken; using {used} instead" in said
    assert f"http://127.0.0.1:{used} " in said


def test_a_folder_that_is_not_there_is_refused_and_nothing_started(commands, tmp_path):
    with pytest.raises(ValueError, match=r"^there is no folder '.*nowhere'; zoo tour makes one$"):
        board(tmp_path / "nowhere", 6006)
    assert commands == []


def test_a_port_that_cannot_be_is_refused_and_nothing_started(commands, tmp_path):
    with pytest.raises(ValueError, match="port is 70000"):
        board(tmp_path, 70000)
    assert commands == []


@pytest.mark.parametrize(("runs", "warned"), [(SHOWN_AT_ONCE, False), (SHOWN_AT_ONCE + 1, True)])
def test_more_runs_than_tensorboard_shows_at_once_are_announced(
    commands, tmp_path, free, capsys, runs, warned
):
    for k in range(runs):
        folder = tmp_path / "lesson" / "version_0" / f"variant_{k}"
        folder.mkdir(parents=True)
        for part in range(2):  # curves, and what was added to them later: one run
            (folder / f"events.out.tfevents.{part}").touch()
    board(tmp_path, free)
    assert ("so many runs" in capsys.readouterr().out) is warned


def page(address, process, patience=40.0):
    """What is served there, once it is; None if the server ends or patience does."""
    until = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < until:
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError),
            urllib.request.urlopen(address) as answer,
        ):
            return answer.read()
        time.sleep(0.1)
    return None


def test_a_browser_gets_tensorboard_which_ends_when_zoo_is_told_to(tmp_path, free):
    command = [sys.executable, "-m", "zoo", "board", "--runs_dir", str(tmp_path), "--port", str(free)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:
        served = page(f"http://{HOST}:{free}/", process)
        process.terminate()
        assert process.wait(timeout=30) == TERMINATED
    assert b"<title>TensorBoard</title>" in served
    assert can_be_listened_on(free)
