"""A mail server that says what a test wants, line by line, in a thread of the test's process."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chassis.steps import TookTooLong
from services.marketing.config import Own
from tests.support.marketing import PUBLIC
from tests.support.waiting import linger

Answer = str | Callable[[], str]
POLITE: dict[str, Answer] = {
    "": "220 hello", "EHLO": "250 mail.localhost", "MAIL": "250 OK", "RCPT": "250 OK",
    "DATA": "354 go on", ".": "250 taken", "QUIT": "221 bye",
}  # fmt: skip


class OddServer:
    """It listens on loopback, and answers one session after the other."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = POLITE | answers
        self.heard: list[str] = []  # the commands; a dot where a message was taken whole
        self.listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def own(self) -> Own:
        """Marketing's settings with this server."""
        port = self.listening.getsockname()[1]
        return Own(smtp_uri=f"smtp://127.0.0.1:{port}", public_uri=PUBLIC)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, line.makefile("rwb", buffering=0) as wire:
            try:
                self._say(wire, "")
                while heard := wire.readline():
                    verb = heard.decode().strip()[:4].upper()
                    self.heard.append(verb)
                    self._say(wire, verb)
                    if verb == "DATA":
                        while wire.readline() not in {b".\r\n", b""}:
                            pass
                        self.heard.append(".")
                        self._say(wire, ".")
            except OSError:
                return  # who sends has had enough

    def _say(self, wire: socket.SocketIO, verb: str) -> None:
        answer = self._answers[verb]
        wire.write(f"{answer if isinstance(answer, str) else answer()}\r\n".encode())


@contextmanager
def an_odd_server(**answers: Answer) -> Iterator[OddServer]:
    """Run one; ``hello`` and ``taken`` stand for its first word and its word on a message."""
    names = {"hello": "", "taken": "."}
    server = OddServer({names.get(name, name): answer for name, answer in answers.items()})
    try:
        yield server
    finally:
        server.listening.close()


@contextmanager
def cutting_off() -> Iterator[Callable[[], str]]:
    """Give an answer that cuts off whoever waits for it, as the chassis does it."""

    def cut(*_: object) -> None:
        raise TookTooLong("more than 20 seconds")

    def answer() -> str:
        os.kill(os.getpid(), signal.SIGUSR1)
        linger(5)
        return "250 OK"

    before = signal.signal(signal.SIGUSR1, cut)
    try:
        yield answer
    finally:
        signal.signal(signal.SIGUSR1, before)


@contextmanager
def a_black_hole() -> Iterator[tuple[str, int]]:
    """Listen where nobody ever gets through, as behind a firewall that drops what comes."""
    with socket.socket() as hole, socket.socket() as first:
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        first.connect(hole.getsockname())  # the one place in the queue
        yield hole.getsockname()
