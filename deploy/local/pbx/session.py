"""One client of the replayed PBX: logs in, asks, hears."""

import socket
import threading
from contextlib import suppress
from typing import Protocol

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
END = b"\r\n\r\n"
MAX_ACTION = 65_536
WRITE_SECONDS = 5.0  # who does not read for so long is cut off, as the real one does

Fields = dict[str, str]


class Pbx(Protocol):
    """What a session asks of its PBX."""

    lock: threading.RLock
    silent: bool

    def let_in(self, user: str, secret: str) -> bool:
        """Say whether a client may log in."""

    def greeting(self) -> Fields:
        """Return what is told to whoever has logged in."""

    def answer(self, action: Fields) -> list[Fields]:
        """Return the answer to an action: a response, and the lines of a list."""


class Session:
    """One connection, on a thread of its own for what it asks."""

    def __init__(self, pbx: Pbx, line: socket.socket) -> None:
        self._pbx, self._line = pbx, line
        self.logged_in = False
        self.open = True
        line.settimeout(WRITE_SECONDS)
        self._thread = threading.Thread(target=self._run, name="pbx-session", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def send(self, data: bytes) -> None:
        """Send something; who does not take it is cut off."""
        try:
            self._line.sendall(data)
        except OSError:
            self.close()

    def close(self) -> None:
        """End the connection."""
        self.open = False
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()

    def _run(self) -> None:
        self.send(BANNER)
        received = b""
        while self.open and len(received) < MAX_ACTION:
            try:
                data = self._line.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                break
            if not data:
                break
            *actions, received = (received + data).split(END)
            for one in actions:
                self._hear(_fields(one.decode("utf-8", "replace")))
        self.close()

    def _hear(self, action: Fields) -> None:
        with self._pbx.lock:
            if self._pbx.silent or not self.open:
                return
            if action.get("Action", "").lower() == "login":
                self._log_in(action)
            elif not self.logged_in:
                self._reply(action, {"Response": "Error", "Message": "Permission denied"})
            else:
                for lines in self._pbx.answer(action):
                    self._reply(action, lines)

    def _log_in(self, action: Fields) -> None:
        if not self._pbx.let_in(action.get("Username", ""), action.get("Secret", "")):
            self._reply(action, {"Response": "Error", "Message": "Authentication failed"})
            self.close()
            return
        self._reply(action, {"Response": "Success", "Message": "Authentication accepted"})
        self.send(written(self._pbx.greeting()))
        self.logged_in = True

    def _reply(self, action: Fields, lines: Fields) -> None:
        asked = {"ActionID": action["ActionID"]} if "ActionID" in action else {}
        head, *rest = lines.items()
        self.send(written(dict([head]) | asked | dict(rest)))


def written(fields: Fields) -> bytes:
    """Write a message as it goes over the wire."""
    return "".join(f"{key}: {value}\r\n" for key, value in fields.items()).encode() + b"\r\n"


def _fields(text: str) -> Fields:
    pairs = (line.partition(":") for line in text.strip("\r\n").split("\r\n"))
    return {key.strip(): value.strip() for key, _, value in pairs}
