"""Signals that stop a run, and waits that end immediately when a signal arrives."""

from __future__ import annotations

import os
import selectors
import signal
from types import TracebackType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupts:
    """Context manager that counts the signals to stop the run. Only for the main thread."""

    def __init__(self) -> None:
        self.count = 0
        self._selector = selectors.DefaultSelector()
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
        self._handlers = {number: signal.signal(number, self._on_signal) for number in numbers}
        # The interpreter writes to this pipe when a signal arrives. A handler alone would not end every wait: a signal
        # just before the system call is handled only after it.
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._wakeup_fd = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._selector.register(self._read, selectors.EVENT_READ)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._selector.close()
        signal.set_wakeup_fd(self._wakeup_fd)
        os.close(self._read)
        os.close(self._write)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, frame: object) -> None:
        self.count += 1

    def watch(self, descriptor: int) -> None:
        """Make `wait` also end when this descriptor is readable."""
        self._selector.register(descriptor, selectors.EVENT_READ)

    def wait(self, seconds: float) -> None:
        """Wait until a signal arrives, a watched descriptor is readable or the timeout ends."""
        for key, _ in self._selector.select(seconds):
            if key.fd == self._read:
                self._drain()

    def _drain(self) -> None:
        try:
            while os.read(self._read, 512):
                pass
        except BlockingIOError:
            return
