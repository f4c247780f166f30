"""One connection to the PBX's manager interface: log in, ask, notice that nobody is there any more."""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from services.telephony.bridge import metrics
from services.telephony.bridge.config import Address
from services.telephony.bridge.inbox import Inbox
from services.telephony.bridge.messages import BANNER, Framer, Malformed, Message, action

RECEIVE_BYTES = 262_144
MAX_BANNER = 1024
RECEIVE_SECONDS = 0.5  # how soon a reader notices that it is to end
CLOSE_SECONDS = 1.0  # for the PBX to hang up, too


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait for what, in seconds, and how much may wait."""

    connect: float = 5.0
    answer: float = 10.0
    ping: float = 10.0  # the PBX is asked when it was silent for so long
    misses: int = 2
    backoff: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 5.0)
    waiting: int = 200_000  # messages: about 90 MB, or 20 seconds of 250 calls a second


class LinkDown(Exception):
    """Say in one sentence why the PBX is not heard; ``reason`` is a word for the metric."""

    def __init__(self, words: str, reason: str) -> None:
        super().__init__(words)
        self.reason = reason


class Client:
    """Frames on a thread of its own what the PBX says; never waits for whoever reads the inbox.

    The PBX cuts off who reads too slowly, in the middle of a message and without a word.
    """

    def __init__(self, address: Address, limits: Limits, inbox: Inbox) -> None:
        self._address, self._limits, self._inbox = address, limits, inbox
        self._framer = Framer(metrics.SKIPPED.labels("oversize").inc)
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._read, name="reader", daemon=True)
        self._closing = False
        self._number = 0
        self._heard = self._asked = time.monotonic()

    def open(self) -> None:
        """Connect and log in.

        :raises LinkDown: if nobody listens, somebody else does, or we are not let in.
        """
        try:
            where = (self._address.host, self._address.port)
            self._socket = socket.create_connection(where, self._limits.connect)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            early = self._log_in(self._socket)
        except OSError as error:
            self.close()
            words = f"The PBX at {self._address} cannot be reached: {error}."
            raise LinkDown(words, "unreachable") from error
        except LinkDown:
            self.close()
            raise
        self._socket.settimeout(RECEIVE_SECONDS)
        self._inbox.put(early)
        self._heard = self._asked = time.monotonic()
        self._thread.start()

    def ask(self, name: str, **fields: str) -> str:
        """Send an action and return its id.

        :raises LinkDown: if it cannot be sent.
        """
        self._number += 1
        action_id = f"cti-{self._number}"
        try:
            assert self._socket is not None
            self._socket.sendall(action(name, action_id, **fields))
        except OSError as error:
            raise LinkDown(f"The PBX takes nothing more: {error}.", "closed") from error
        return action_id

    def keep_alive(self) -> None:
        """Ask a silent PBX whether it is there.

        :raises LinkDown: if it stays silent.
        """
        now = time.monotonic()
        if now - self._heard > self._limits.ping * (self._limits.misses + 1):
            raise LinkDown("The PBX does not answer any more.", "silent")
        if now - max(self._heard, self._asked) >= self._limits.ping:
            self._asked = now
            self.ask("Ping")

    def close(self) -> None:
        """End the connection and its thread; what the PBX said until then is in the inbox."""
        self._closing = True
        if self._thread.is_alive():
            # It sees that we go, and hangs up behind what is on its way to us.
            self._hang_up(self._socket, socket.SHUT_WR)
            self._thread.join(CLOSE_SECONDS)
        self._hang_up(self._socket, socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join()
        if self._socket is not None:
            self._socket.close()

    def _log_in(self, line: socket.socket) -> list[bytes]:
        """Log in; return the messages that came after the answer."""
        deadline = time.monotonic() + self._limits.answer
        begin = b""
        while b"\r\n" not in begin and len(begin) < MAX_BANNER and time.monotonic() < deadline:
            begin += self._received(line)
        if not begin.startswith(BANNER):
            words = f"What listens at {self._address} does not speak the manager interface."
            raise LinkDown(words, "refused")
        credentials = {"Username": self._address.user, "Secret": self._address.secret}
        action_id = self.ask("Login", **credentials, Events="on")
        blocks = self._framer.feed(begin.partition(b"\r\n")[2])
        while True:
            for at, block in enumerate(blocks):
                if self._let_in(block, action_id):
                    return blocks[at + 1 :]
            if time.monotonic() > deadline:
                raise LinkDown(f"The PBX at {self._address} does not answer the login.", "silent")
            blocks = self._framer.feed(self._received(line))

    def _let_in(self, block: bytes, action_id: str) -> bool:
        try:
            message = Message(block)
        except Malformed:
            return False
        if message.get("ActionID") != action_id:
            return False
        if message.get("Response") != "Success":
            said = message.get("Message")[:200]
            words = f"The PBX at {self._address} does not let user {self._address.user} in: {said}."
            raise LinkDown(words, "refused")
        return True

    def _received(self, line: socket.socket) -> bytes:
        data = line.recv(RECEIVE_BYTES)
        if not data:
            raise LinkDown(f"The PBX at {self._address} hung up at once.", "closed")
        return data

    @staticmethod
    def _hang_up(line: socket.socket | None, how: int) -> None:
        if line is not None:
            with suppress(OSError):  # the other end was faster
                line.shutdown(how)

    # -- the reader's thread -------------------------------------------------------------------

    def _read(self) -> None:
        line = self._socket
        assert line is not None
        while True:
            try:
                data = line.recv(RECEIVE_BYTES)
            except TimeoutError:
                if self._closing:
                    break
                continue
            except OSError:
                data = b""
            if not data:
                break
            self._heard = time.monotonic()
            if not self._inbox.put(self._framer.feed(data)):
                # On purpose: a gap that is known is asked for; what is dropped silently is lost.
                self._inbox.end("overflow")
                self._hang_up(line, socket.SHUT_RDWR)
                return
        if self._framer.rest and not self._closing:
            metrics.SKIPPED.labels("truncated").inc()
        self._inbox.end("closed")
