"""What the attempts of the executors' contract do, by the name of the step: as processes, and as scripts in memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from mfruntime.compute.memory import Script


def quiet() -> int:
    return 0


def speaks() -> int:
    for number in range(3):
        os.write(1, b"out %d\n" % number)
        os.write(2, b"err %d\n" % number)
    os.write(1, b"\xff without a line end")
    return 0


def floods() -> int:
    """As much as a pipe holds, written right before the end."""
    os.write(1, b"".join(b"%05d\n" % number for number in range(10_000)))
    return 0


def fails() -> int:
    os.write(2, b"no\n")
    return 3


def dies() -> int:
    os.write(1, b"last words\n")
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def endless() -> int:
    os.write(1, b"ready\n")
    time.sleep(300)
    return 0


def stubborn() -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return endless()


def leaves_a_child() -> int:
    """A child in a session of its own keeps the output open."""
    subprocess.Popen(["sleep", "60"], start_new_session=True)
    os.write(1, b"left\n")
    return 0


PROGRAMS: dict[str, Callable[[], int]] = {
    program.__name__: program for program in (quiet, speaks, floods, fails, dies, endless, stubborn, leaves_a_child)
}

_SPOKEN = tuple(pair for n in range(3) for pair in (("stdout", b"out %d" % n), ("stderr", b"err %d" % n)))
SCRIPTS = {
    "quiet": Script(),
    "speaks": Script(prints=(*_SPOKEN, ("stdout", b"\xff without a line end"))),
    "floods": Script(prints=tuple(("stdout", b"%05d" % number) for number in range(10_000))),
    "fails": Script(prints=(("stderr", b"no"),), status=3),
    "dies": Script(prints=(("stdout", b"last words"),), status=-9),
    "endless": Script(prints=(("stdout", b"ready"),), endless=True),
    "stubborn": Script(prints=(("stdout", b"ready"),), endless=True, stubborn=True),
}


def serve(descriptor: int) -> None:
    import socket

    from mfruntime.compute.local.fork import WorkerServer

    WorkerServer(
        socket.socket(fileno=descriptor), lambda command: PROGRAMS[command.step](), lambda _: None, lambda _: None
    ).serve()


if __name__ == "__main__":
    if "worker" in sys.argv:
        serve(int(sys.argv[-1]))
    sys.exit(PROGRAMS[sys.argv[sys.argv.index("step") + 1]]())
