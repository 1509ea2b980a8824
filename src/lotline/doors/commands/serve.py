"""``lotline serve``: pages and API on this computer, or on the network of the plant."""

from __future__ import annotations

import os
import socket

import click

from lotline.doors.commands.ports import Stopped, wiring
from lotline.doors.commands.terminal import note, start_records
from lotline.doors.commands.words import _

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8080
TRIED = 20
HIGHEST_PORT = 65535
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 -- recognised, not bound to
# More workers than this help only with a database server on other hardware.
MOST_WORKERS = 4


@click.command("serve", help=_("Serve pages and API until Ctrl-C. Makes and updates the database by itself."))
@click.option("--demo", is_flag=True, help=_("Load the demonstration factory first, unless there are other records."))
@click.option("--host", default=LOOPBACK, show_default=True, help=_("Address to listen on; 0.0.0.0 for the whole network."))
@click.option("--port", metavar="PORT", envvar="LOTLINE_PORT", help=_("Port; default: LOTLINE_PORT, else 8080 or the next free one."))
@click.option("--workers", type=click.IntRange(1, 64), help=_("Processes that answer; default: one for each processor, at most 4."))
def serve(demo: bool, host: str, port: str | None, workers: int | None) -> None:  # noqa: FBT001
    asked = port_named(port)
    free_port(host, asked)  # a busy port is told at once, not after loading a factory
    start_records()
    wiring().migrate(say=note)
    from lotline.doors.commands.demonstration import first_try, load_unless_in_use, sign_ins
    from lotline.records.places.models import Plant

    if demo:
        code = load_unless_in_use()
        for line in sign_ins():
            click.echo(line)
        if code:
            click.echo(first_try(code))
        if host != LOOPBACK:
            note(_("Everybody on the network who knows these passwords can sign in."))
    if not Plant.objects.exists():
        note(_("There are no records yet: lotline init makes the first plant and account, lotline demo a factory to try things on."))
    chosen = free_port(host, asked)
    click.echo(_("Lotline is at {address}   (Ctrl-C stops it)").format(address=address_of(host, chosen)))
    allow_host(host)
    wiring().serve(host=host, port=chosen, workers=workers or min(os.cpu_count() or 1, MOST_WORKERS))
    note(_("Stopped."))


def port_named(text: str | None) -> int | None:
    """The port that ``text`` (of --port or LOTLINE_PORT) names. Raises ``Stopped``."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= HIGHEST_PORT):
        raise Stopped(_("“{text}” is not a port.").format(text=text), _("Give LOTLINE_PORT or --port a number from 1 to 65535."))
    return int(text)


def free_port(host: str, asked: int | None) -> int:
    """``asked``, which must be free, since whoever named it relies on it; else the usual port or the next free one."""
    if asked is not None:
        if not is_free(host, asked):
            raise Stopped(
                _("Port {port} is used by another program (perhaps a Lotline that already runs).").format(port=asked),
                _("Stop that program, or choose another port with LOTLINE_PORT or --port."),
            )
        return asked
    for port in range(USUAL_PORT, USUAL_PORT + TRIED):
        if is_free(host, port):
            if port != USUAL_PORT:
                note(_("Port {port} is used by another program; taking {taken}.").format(port=USUAL_PORT, taken=port))
            return port
    raise Stopped(_("The ports {first} to {last} are all in use.").format(first=USUAL_PORT, last=USUAL_PORT + TRIED - 1),
                  _("Set LOTLINE_PORT to a free one."))  # fmt: skip


def is_free(host: str, port: int) -> bool:
    """Whether a server can listen there. Raises ``Stopped`` for an address that is not one of this computer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last user has just gone counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise Stopped(_("Port {port} needs more rights.").format(port=port), _("Choose a port above 1023.")) from error
        except socket.gaierror as error:
            raise Stopped(_("{host} is not an address.").format(host=host), _("Give one such as 127.0.0.1 or 0.0.0.0.")) from error
        except OSError as error:
            if error.errno in {98, 48, 10048}:  # EADDRINUSE on Linux, macOS, Windows
                return False
            reason = _("{host} is not an address of this computer.").format(host=host)
            raise Stopped(reason, _("Give one such as 127.0.0.1 or 0.0.0.0.")) from error
    return True


def address_of(host: str, port: int) -> str:
    """What to type into a browser on this computer."""
    shown = LOOPBACK if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


def allow_host(host: str) -> None:
    """Let browsers name the address that the administrator listens on; LOTLINE_HOSTS, where it is set, decides alone."""
    if host in {LOOPBACK, "localhost", "::1"} or os.environ.get("LOTLINE_HOSTS"):
        return
    names = [socket.gethostname(), *own_addresses()] if host in EVERYWHERE else [host]
    os.environ["LOTLINE_HOSTS"] = ",".join(["localhost", "127.0.0.1", "[::1]", *names])
    from django.conf import settings

    settings.ALLOWED_HOSTS = os.environ["LOTLINE_HOSTS"].split(",")


def own_addresses() -> list[str]:
    """Addresses of this computer by its own name; on a machine without a resolvable name, none."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({f"[{info[4][0]}]" if info[0] == socket.AF_INET6 else str(info[4][0]) for info in found})
