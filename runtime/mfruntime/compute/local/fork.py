"""Forks tasks from a worker process.

The worker is a fork of the scheduler, created after the import of the flow and before the run uses much memory, so that
forks stay cheap with any number of tasks. Each task is a fork of the worker with its own memory, process group and exit
code.

Scheduler and worker communicate over a socket pair. Scheduler to worker: a message type, a length and a pickled value;
to start a task, its number and TaskCommand, with the two write ends of the output pipes. Worker to scheduler:
fixed-size records. If the scheduler ends, for any reason, the worker reads end-of-file and ends all tasks. If the
worker ends, the kernel ends the tasks (Linux) and the scheduler ends their process groups.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from ...tasks.command import TaskCommand
from ..base import ExecutorLost
from . import open_files, processes
from .worker import ProcessEvent, ProcessExited, ProcessStarted

_HEADER = struct.Struct("!cI")  # message type, length of the value
_CONFIGURE, _START, _READY = b"C", b"T", b"R"
_RECORD = struct.Struct("!cQqqq")  # message type, task number, pid, return code, peak KiB
_LOST = "The worker process that starts tasks was killed"


class WorkerConnection:
    """The scheduler's side of a worker process. `is_ready` after the worker has reported that it can fork."""

    def __init__(self, sock: socket.socket, worker: int):
        self._socket = sock
        self._worker = worker
        self._pids: dict[int, int] = {}
        self._tasks: dict[int, str] = {}
        self._started = 0
        self._buffer = b""
        self.is_ready = False
        self._socket.setblocking(False)

    def fileno(self) -> int | None:
        return self._socket.fileno()

    def configure(self, shared: Any) -> None:
        self._send(_CONFIGURE, shared, [])

    def start(self, command: TaskCommand, stdout: int, stderr: int) -> None:
        self._started += 1
        self._tasks[self._started] = command.task_id
        self._send(_START, (self._started, command), [stdout, stderr])

    def _send(self, kind: bytes, value: Any, descriptors: list[int]) -> None:
        body = pickle.dumps(value, 4)
        message = _HEADER.pack(kind, len(body)) + body
        self._socket.setblocking(True)
        try:
            sent = socket.send_fds(self._socket, [message], descriptors) if descriptors else 0
            self._socket.sendall(message[sent:])
        except OSError as exc:
            raise ExecutorLost(_LOST) from exc
        finally:
            self._socket.setblocking(False)

    def events(self) -> list[ProcessEvent]:
        closed = self._receive()
        whole = len(self._buffer) - len(self._buffer) % _RECORD.size
        records, self._buffer = self._buffer[:whole], self._buffer[whole:]
        events = []
        for record in _RECORD.iter_unpack(records):
            if record[0] == _READY:
                self.is_ready = True
            else:
                events.append(self._event(*record))
        if closed and not events:
            self._kill_orphans()
            raise ExecutorLost(_LOST)
        return events

    def _receive(self) -> bool:
        try:
            while data := self._socket.recv(65536):
                self._buffer += data
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def _event(self, kind: bytes, number: int, pid: int, code: int, peak: int) -> ProcessEvent:
        if kind == b"S":
            self._pids[number] = pid
            return ProcessStarted(self._tasks[number], pid)
        self._pids.pop(number, None)
        return ProcessExited(self._tasks.pop(number), code, peak or None)

    def _kill_orphans(self) -> None:
        for pid in self._pids.values():
            processes.signal_group(pid, signal.SIGKILL)
        self._pids.clear()

    def close(self) -> None:
        self._socket.close()
        self._kill_orphans()
        try:
            os.waitpid(self._worker, 0)
        except ChildProcessError:
            return


class ForkWorker(WorkerConnection):
    """A worker process that is a fork of this one.

    `run_task` executes a command in the forked child and returns its exit code. `prefetch` is called with each command
    in the worker, before the fork, so that later children need not read the same data again. `configured` is called in
    the worker with the argument of `configure`: the worker starts before the run has an id, because threads of network
    clients do not survive a fork.
    """

    def __init__(
        self,
        run_task: Callable[[TaskCommand], int],
        prefetch: Callable[[TaskCommand], None] = lambda _: None,
        configured: Callable[[Any], None] = lambda _: None,
    ):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        sys.stdout.flush()
        sys.stderr.flush()
        open_files.flush(open_files.written_streams())
        worker = os.fork()
        if worker == 0:
            ours.close()
            WorkerServer(theirs, run_task, prefetch, configured).serve()
        theirs.close()
        super().__init__(ours, worker)


class WorkerServer:
    """The worker process: forks a child per command and reports starts and exits."""

    def __init__(
        self,
        sock: socket.socket,
        run_task: Callable[[TaskCommand], int],
        prefetch: Callable[[TaskCommand], None],
        configured: Callable[[Any], None],
    ):
        self._socket = sock
        self._run_task = run_task
        self._prefetch = prefetch
        self._configured = configured
        self._children: dict[int, int] = {}

    def serve(self) -> NoReturn:
        code = 0
        try:
            self._prepare()
            self._report(_READY, 0, 0, 0, 0)
            self._loop()
        except BaseException:
            import traceback

            traceback.print_exc()
            code = 1
        finally:
            for pid in self._children:
                processes.signal_group(pid, signal.SIGKILL)
            processes.kill_adopted()
            os._exit(code)

    def _prepare(self) -> None:
        """Set up the worker, so that its children need not do the same."""
        import gc
        import threading  # noqa: F401  (children need it when they end)

        if os.getsid(0) != os.getpid():
            os.setsid()  # signals of the terminal, such as Ctrl-C, must only reach the scheduler
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        self._read_files = [file for file in open_files.opened() if file.is_read]
        self._streams = open_files.written_streams()  # frozen objects are not found later
        processes.preload()
        processes.adopt_orphans()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        gc.collect()
        gc.freeze()  # prevents the garbage collector from copying the pages that are shared with the children

    def _loop(self) -> None:
        import select

        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._wake_read:
                    self._reap()
                elif not self._accept():
                    return

    def _accept(self) -> bool:
        """Receive one message, and fork if it is a command; returns False if the scheduler has ended."""
        header, fds = self._read_header()
        if len(header) < _HEADER.size:
            return False
        kind, length = _HEADER.unpack(header)
        body = self._read(length)
        if not body:
            return False
        if kind == _CONFIGURE:
            self._configured(pickle.loads(body))
        else:
            number, command = pickle.loads(body)
            self._fork(number, command, fds)
        return True

    def _fork(self, number: int, command: TaskCommand, fds: list[int]) -> None:
        self._prefetch(command)
        pid = os.fork()
        if pid == 0:
            self._child(command, fds)
        for fd in fds:
            os.close(fd)
        self._children[pid] = number
        self._report(b"S", number, pid, 0, 0)

    def _read_header(self) -> tuple[bytes, list[int]]:
        try:
            data, fds, _, _ = socket.recv_fds(self._socket, _HEADER.size, 2)
        except OSError:
            return b"", []
        if data and len(data) < _HEADER.size:
            data += self._read(_HEADER.size - len(data))
        return data, list(fds)

    def _read(self, size: int) -> bytes:
        chunks = []
        while size:
            try:
                chunk = self._socket.recv(size)
            except OSError:
                return b""
            if not chunk:
                return b""
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)

    def _reap(self) -> None:
        try:
            while os.read(self._wake_read, 512):
                pass
        except BlockingIOError:
            pass
        while self._children:
            try:
                gone = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if gone is None:
                return
            # The ended leader still reserves its group's number, so that remaining children can be killed safely now.
            if gone.si_pid in self._children:  # else an orphan of a task, which ends with the run
                processes.signal_group(gone.si_pid, signal.SIGKILL)
            pid, status, usage = os.wait4(gone.si_pid, 0)
            number = self._children.pop(pid, None)
            if number is not None:
                peak = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
                self._report(b"X", number, pid, os.waitstatus_to_exitcode(status), peak)

    def _report(self, kind: bytes, number: int, pid: int, code: int, peak: int) -> None:
        try:
            self._socket.sendall(_RECORD.pack(kind, number, pid, code, peak))
        except OSError:
            return  # the scheduler has ended; the loop reads end-of-file next

    def _child(self, command: TaskCommand, fds: list[int]) -> NoReturn:
        code = 1
        try:
            worker = os.getppid()
            os.setsid()
            processes.die_with(worker)
            self._enter_child(fds)
            code = self._run_task(command)
            _leave_interpreter()
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            open_files.flush([*self._streams, *open_files.written_streams()])
            _flush()
            os._exit(code)

    def _enter_child(self, fds: list[int]) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        stdout, stderr = fds
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        for fd in (stdout, stderr, self._wake_read, self._wake_write):
            os.close(fd)
        self._socket.close()
        open_files.reopen(self._read_files)
        _reseed()


def _reseed() -> None:
    """Seed random generators for each task, as in a new interpreter (the random module does so by itself)."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "seed"):
        torch.seed()


def _leave_interpreter() -> None:
    """Do the same as a normal exit: wait for the task's threads, call the exit handlers of the task and of the import.

    The worker is forked before the scheduler does anything else, so there are no other handlers."""
    import atexit
    import threading

    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
