"""A way to a server that can be cut, reset, held open but dead, or made to limp; it never lies about bytes."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from random import Random

from deploy.local.machine import LOOPBACK

CHUNK_BYTES = 65_536
CONNECT_SECONDS = 5.0  # a server that stands still takes no connections when its backlog is full
FIRST_REPEAT_SECONDS = 0.2  # what Linux waits at least before it sends a lost packet again
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Line:
    """A way to a loopback port: whatever uses ``port`` reaches ``target``, until told otherwise."""

    def __init__(self, target: int, port: int = 0) -> None:
        self._target = target
        self._server = socket.create_server((LOOPBACK, port))
        self._there, self._back = threading.Event(), threading.Event()  # each way flows
        self._pause: Callable[[], float] = lambda: 0.0
        self._refuses = self._closed = False
        self.heal()
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()  # one that is being made is either ended too, or made later
        self.passed = 0  # connections that were let through
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """The near end."""
        return int(self._server.getsockname()[1])

    def freeze(self, *, there: bool = True, back: bool = True) -> None:
        """Pass nothing on, and close nothing; one way alone is a half-open line."""
        for way, chosen in ((self._there, there), (self._back, back)):
            if chosen:
                way.clear()

    def limp(self, pause: Callable[[], float]) -> None:
        """Wait so long before each piece is passed on, as lost packets make TCP do."""
        self._pause = pause

    def refuse(self) -> None:
        """Reset whatever connects from now on, until it is healed."""
        self._refuses = True

    def heal(self) -> None:
        """Pass everything on again."""
        self._pause = lambda: 0.0
        self._refuses = False
        self._there.set()
        self._back.set()

    def cut(self) -> None:
        """End every connection."""
        for one in self._let_go():
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End every connection with a reset, as a firewall does that has forgotten it."""
        _reset(self._let_go())

    def close(self) -> None:
        """End it, and let nobody through any more."""
        self._closed = True
        self.heal()
        self.cut()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _let_go(self) -> list[socket.socket]:
        with self._lock:
            held, self._open = self._open, []
        return held

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                self._join(near)

    def _join(self, near: socket.socket) -> None:
        try:
            if self._refuses:
                raise ConnectionRefusedError
            far = socket.create_connection((LOOPBACK, self._target), timeout=CONNECT_SECONDS)
            far.settimeout(None)
        except OSError:
            _reset([near])  # as a port answers that nobody listens on
            return
        self.passed += 1
        self._open = [one for one in self._open if one.fileno() >= 0] + [near, far]
        for source, target, way in ((near, far, self._there), (far, near, self._back)):
            threading.Thread(target=self._pump, args=(source, target, way), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, way: threading.Event) -> None:
        with source:  # and not the target: its own pump may be reading from it
            with contextlib.suppress(OSError):
                while data := source.recv(CHUNK_BYTES):
                    if (seconds := self._pause()) > 0:
                        threading.Event().wait(seconds)
                    way.wait()
                    target.sendall(data)
            with contextlib.suppress(OSError):
                if not _is_reset(target):
                    way.wait()
                    target.shutdown(socket.SHUT_RDWR)


def _reset(held: list[socket.socket]) -> None:
    """End connections with a reset, not in good order."""
    # All before any ends: the pump between two ends the one in good order when the other has ended.
    for one in held:
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    for one in held:
        # Whoever is reading from it would keep it open: this wakes him, and tells the other end nothing.
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RD)
        one.close()


def _is_reset(one: socket.socket) -> bool:
    size = len(_RESET_ON_CLOSE)
    return one.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, size) == _RESET_ON_CLOSE


def lossy(share: float, dice: Random) -> Callable[[], float]:
    """Return the pauses of a line that loses so many packets: TCP sends them again, and waits ever longer."""

    def pause() -> float:
        waited, repeat = 0.0, FIRST_REPEAT_SECONDS
        while dice.random() < share:
            waited, repeat = waited + repeat, 2 * repeat
        return waited

    return pause


def through(uri: str, line: Line) -> str:
    """Return a URI that leads through a line; its user, password and path stay."""
    scheme, _, rest = uri.partition("://")
    login, _, place = rest.rpartition("@")
    path = place.partition("/")[2]
    return f"{scheme}://{login}@{LOOPBACK}:{line.port}/{path}"
