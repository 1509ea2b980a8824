"""``lotline serve``, as a person starts and stops it."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
import urllib.request

import pytest

pytestmark = pytest.mark.one_engine("starting, stopping and ports know no database engine")

# The server's own patience with requests under way is ten seconds; a stop without any must not come near it.
SOON = 4
PORT_FROM, PORT_TO = 18700, 18790


@pytest.fixture
def port():
    for number in range(PORT_FROM, PORT_TO):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                continue
            return number
    pytest.fail("no free port")


@pytest.fixture
def started(terminal):
    processes = []

    def start(*arguments, **variables):
        process = terminal.start("serve", "--workers", "1", *arguments, **variables)
        processes.append(process)
        return process

    yield start
    for process in processes:
        end(process)


def status_of(port, path="/sign-in", seconds=40):
    """Wait until the server answers."""
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.headers.get("Content-Type", "")
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.2)


def until_it_says(process, text):
    """Read lines up to the one with ``text`` in it."""
    while text not in (line := process.stdout.readline()):
        assert line, f"it ended without {text!r}"


def end(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    process.stdout.close()


def is_silent(port, seconds=15):
    """Whether nobody listens any more, within a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return True
        time.sleep(0.2)
    return False


@pytest.mark.slow
def test_serve_answers_pages_and_static_files_and_ends_cleanly_on_ctrl_c(started, port):
    process = started(LOTLINE_PORT=str(port))
    page, style = status_of(port), status_of(port, "/static/web/css/tokens.css")

    os.kill(process.pid, signal.SIGINT)
    said = process.communicate(timeout=30)[0]

    assert page == (200, "text/html; charset=utf-8")
    assert style == (200, 'text/css; charset="utf-8"')
    assert f"http://127.0.0.1:{port}/" in said
    assert said.endswith("Stopped.\n")
    assert "Traceback" not in said
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0, 0.1, 0.3, 0.6, 3])
def test_serve_stops_at_once_with_one_line_whenever_ctrl_c_comes(terminal, port, wait):
    process = terminal.start("serve", "--workers", "2", LOTLINE_PORT=str(port))
    try:
        until_it_says(process, "Lotline is at")
        time.sleep(wait)

        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process
        said = process.communicate(timeout=30)[0]

        assert said == "Stopped.\n"
        assert time.monotonic() - began < SOON
        assert is_silent(port)
    finally:
        end(process)


@pytest.mark.slow
def test_serve_stopped_during_the_demonstration_load_goes_on_at_the_next_start(terminal, started, port):
    process = terminal.start("serve", "--demo", LOTLINE_PORT=str(port))
    try:
        until_it_says(process, "six months")

        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=30)[0]

        assert said == "Stopped.\n"
        assert time.monotonic() - began < SOON
        assert process.returncode == 130
    finally:
        end(process)
    started("--demo", LOTLINE_PORT=str(port))
    assert status_of(port, seconds=120)[0] == 200
    assert terminal.json("verify")["facts"] > 1000


@pytest.mark.slow
def test_serve_works_again_after_the_previous_run_was_killed(started, port):
    first = started(LOTLINE_PORT=str(port))
    status_of(port)

    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)

    assert is_silent(port)
    started(LOTLINE_PORT=str(port))
    assert status_of(port)[0] == 200


@pytest.mark.slow
def test_serve_demo_loads_the_factory_once_and_prints_who_may_sign_in(started, port, terminal):
    process = started("--demo", LOTLINE_PORT=str(port))
    page = status_of(port, seconds=120)
    os.kill(process.pid, signal.SIGINT)
    said = process.communicate(timeout=30)[0]

    written = terminal.json("verify")["facts"]
    again = started("--demo", LOTLINE_PORT=str(port))
    status_of(port)
    os.kill(again.pid, signal.SIGINT)
    said_again = again.communicate(timeout=30)[0]

    assert page[0] == 200
    for text in (said, said_again):
        assert ["zhoumin", "lotline-demo", "周敏", "Quality"] in [line.split() for line in text.splitlines()]
        tried = re.search(r"^Try first: type (\S+) ", text, re.MULTILINE)
        assert tried, text
        assert terminal.run("trace", tried[1], "--to", "sources").returncode == 0
    assert "Loading the demonstration factory" in said
    assert "Loading the demonstration factory" not in said_again
    assert terminal.json("verify")["facts"] == written > 1000


def test_serve_names_the_variable_when_the_port_that_was_asked_for_is_busy(terminal, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()

        done = terminal.run("serve", LOTLINE_PORT=str(port))

    assert done.returncode == 1
    assert f"Port {port} is used by another program" in done.stderr
    assert "LOTLINE_PORT" in done.stderr


def test_serve_takes_the_next_free_port_when_none_was_asked_for(monkeypatch):
    from lotline.doors.commands import serve

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr(serve, "USUAL_PORT", other.getsockname()[1])

        assert serve.free_port("127.0.0.1", None) > other.getsockname()[1]


def test_serve_refuses_an_address_that_is_not_of_this_computer(terminal):
    done = terminal.run("serve", "--host", "192.0.2.1", "--port", "18799")

    assert done.returncode == 1
    assert re.search(r"192\.0\.2\.1 is not an address of this computer", done.stderr)
