"""Handing a message to the mail server, so that what is not known is never taken for done."""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from ipaddress import ip_address

from chassis.errors import Problem, Unavailable
from chassis.steps import TookTooLong
from services.marketing.config import Own
from services.marketing.domain.sends import Outcome, Reason, SendStatus

# Together shorter than an effect may take (chassis.acting.ACT_SECONDS).
HANDSHAKE_SECONDS = 8.0  # until the server wants the message
REPLY_SECONDS = 9.0  # from the message's first byte to the server's word on it
SHORTEST_SECONDS = 0.05  # what is late already may still be there
_TAKEN, _GO_AHEAD, _LATER, _REFUSED = 2, 3, 4, 5  # the classes of SMTP's answers
# What says that there is nobody: RFC 3463, without 5.1.7 and 5.1.8, which are about the sender.
_NOBODY = re.compile(rb"5\.1\.([0-6]|10)\b|5\.2\.1\b")
_ENHANCED = re.compile(rb"5\.\d{1,3}\.\d{1,3}\b")
_NOBODY_CODES = frozenset({550, 551, 553})  # from a server that says no more than that
_LEADING_DOT = re.compile(rb"(?m)^\.")


class FateUnknown(Problem):
    """Say that a message was handed over and the server's word on it did not come."""

    category = "unknown"
    code = "marketing.mail.fate_unknown"


def deliver(own: Own, address: str, message: bytes) -> Outcome:
    """Hand a message over and return what the server said.

    :raises Unavailable: if nothing was handed over and it may work later.
    :raises FateUnknown: if it was handed over and nobody said what became of it.
    """
    raw = _LEADING_DOT.sub(b"..", message)
    deadline = time.monotonic() + HANDSHAKE_SECONDS
    with _connected(own) as server:
        with _nothing_handed_over():
            _greet(own, server, deadline)
            refused = _agree(own, server, address, deadline)
        if refused is not None:
            return refused
        code = _hand_over(server, raw)
        with suppress(smtplib.SMTPException, OSError):
            server.putcmd("quit")  # whatever it says to that changes nothing
    if _class(code) == _TAKEN:
        return Outcome(SendStatus.SENT)
    if _class(code) == _REFUSED:
        return Outcome(SendStatus.REFUSED, Reason.CONTENT_REFUSED)
    if _class(code) == _LATER:
        raise _later(code)
    raise FateUnknown("The mail server took a message and answered in no way that there is.")


@cache
def tls() -> ssl.SSLContext:
    """Return whom this machine trusts; to read that for each mail took 17 ms of it."""
    return ssl.create_default_context()


class _Session(smtplib.SMTP):
    """A session with a server whose addresses share the time that smtplib would give to each."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        deadline = time.monotonic() + timeout
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        places = [str(one[4][0]) for one in found]
        failure = OSError("The name leads nowhere.")
        for number, place in enumerate(places):
            share = _until(deadline) / (len(places) - number)
            try:
                line = socket.create_connection((place, port), share)
            except OSError as away:
                failure = away
            else:
                line.settimeout(_until(deadline))
                return line
        raise failure


@contextmanager
def _nothing_handed_over() -> Iterator[None]:
    """Whatever fails here, were it for being cut off, may work later."""
    try:
        yield
    except (smtplib.SMTPException, OSError, TookTooLong) as away:
        raise Unavailable(
            "The mail server does not answer.", code="marketing.mail.server_away"
        ) from away


@contextmanager
def _connected(own: Own) -> Iterator[smtplib.SMTP]:
    with _nothing_handed_over():
        # A name of its own: to ask the resolver for the machine's could take longer than all else.
        name = own.sender.rpartition("@")[2]
        server = _Session(own.smtp_host, own.smtp_port, name, HANDSHAKE_SECONDS)
    try:
        yield server
    finally:
        server.close()


def _greet(own: Own, server: smtplib.SMTP, deadline: float) -> None:
    _within(server, deadline)
    server.ehlo_or_helo_if_needed()
    if server.has_extn("starttls"):
        try:
            server.starttls(context=tls())
        except (ssl.SSLError, smtplib.SMTPResponseException) as wrong:
            raise Unavailable(
                "The mail server's certificate or encryption is none that we take.",
                code="marketing.mail.tls_failed",
            ) from wrong
        _within(server, deadline)
        server.ehlo_or_helo_if_needed()
    elif own.login is not None and not _is_loopback(own.smtp_host):
        raise Unavailable(
            "The mail server would take a password in the clear.", code="marketing.mail.no_tls"
        )
    if own.login is not None:
        _log_in(server, *own.login)


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    try:
        server.login(user, password)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as refused:
        raise Unavailable(
            "The mail server does not take our user and password.",
            code="marketing.mail.login_refused",
        ) from refused


def _agree(own: Own, server: smtplib.SMTP, address: str, deadline: float) -> Outcome | None:
    """Name sender and recipient and ask to go ahead; return a refusal for good."""
    steps = (
        # A refused sender is our fault and meets every message: somebody puts it right.
        (f"MAIL FROM:<{own.sender}>", _TAKEN, None),
        # So does a server that relays nothing for us, or wants more of us: no address is to blame.
        (f"RCPT TO:<{address}>", _TAKEN, Reason.ADDRESS_REFUSED),
        ("DATA", _GO_AHEAD, Reason.CONTENT_REFUSED),
    )
    for command, wanted, reason in steps:
        _within(server, deadline)
        code, words = server.docmd(command)
        if _is_for_good(code, words, reason):
            return Outcome(SendStatus.REFUSED, reason)
        if _class(code) != wanted:
            raise _later(code)
    return None


def _is_for_good(code: int, words: bytes, reason: Reason | None) -> bool:
    if _class(code) != _REFUSED or reason is None:
        return False
    if reason is not Reason.ADDRESS_REFUSED:
        return True
    if _ENHANCED.match(words):
        return _NOBODY.match(words) is not None
    return code in _NOBODY_CODES


def _hand_over(server: smtplib.SMTP, raw: bytes) -> int:
    """Send the message; from its first byte on only the server knows what became of it."""
    deadline = time.monotonic() + REPLY_SECONDS
    _within(server, deadline)
    end = b"" if raw.endswith(b"\r\n") else b"\r\n"
    try:
        server.send(raw + end + b".\r\n")
        _within(server, deadline)
        code, _ = server.getreply()
    except (smtplib.SMTPException, OSError) as lost:
        raise FateUnknown("The mail server took a message and said nothing.") from lost
    return code


def _within(server: smtplib.SMTP, deadline: float) -> None:
    assert server.sock is not None
    server.sock.settimeout(_until(deadline))


def _until(deadline: float) -> float:
    return max(deadline - time.monotonic(), SHORTEST_SECONDS)


def _class(code: int) -> int:
    return code // 100


def _later(code: int) -> Unavailable:
    return Unavailable(
        "The mail server wants to be asked later.",
        code="marketing.mail.later",
        detail={"smtp_code": code},
    )


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"
