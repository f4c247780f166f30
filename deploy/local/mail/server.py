"""The SMTP side of the sink: takes a message whole, keeps it, and answers, or fails as told."""

import asyncio
import signal
from email import message_from_bytes
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP

from deploy.local.machine import LOOPBACK, CannotRun
from deploy.local.mail.spool import Fault, Order, Sink

MAX_MESSAGE_BYTES = 10 * 1024 * 1024
DOMAIN = "mail.localhost"
OK, BUSY = "250 OK", "451 Try again later"


class Reception:
    """What aiosmtpd asks about each recipient and each message."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's
        self, _: Any, __: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or refuse it as told."""
        fault = self._sink.order((Fault.RECIPIENT,), address)
        if fault is not None:
            return _refusal(fault)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return OK

    async def handle_DATA(self, server: Any, _: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's
        """Keep a message; from here on it has been accepted, whatever the sender hears."""
        raw = envelope.original_content
        recipient = envelope.rcpt_tos[0]
        fault = self._sink.order((Fault.CONTENT, Fault.STALL, Fault.DROP), recipient)
        if fault is not None and fault.kind is Fault.CONTENT:
            return _refusal(fault)
        message_id = str(message_from_bytes(raw).get("Message-ID", "")).strip()
        for each in envelope.rcpt_tos:
            self._sink.keep(message_id, each, raw)
        if fault is not None and fault.kind is Fault.DROP:
            server.transport.abort()
        if fault is not None and fault.kind is Fault.STALL:
            await asyncio.sleep(fault.seconds)
        return OK


async def serve(sink: Sink, port: int) -> None:
    """Serve on loopback until told to stop.

    :raises CannotRun: if the port is taken.
    """
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    make = partial(
        SMTP, Reception(sink), hostname=DOMAIN, ident="Rapport sink",
        data_size_limit=MAX_MESSAGE_BYTES, enable_SMTPUTF8=True, loop=loop,
    )  # fmt: skip
    try:
        server = await loop.create_server(make, LOOPBACK, port)
    except OSError as taken:
        raise CannotRun(f"Port {port} for the mail sink is taken.") from taken
    where = server.sockets[0].getsockname()[1]
    print(f"mail sink on {LOOPBACK}:{where}", flush=True)
    await stopping.wait()
    server.close()


def _refusal(fault: Order) -> str:
    return f"{fault.code} Refused as told" if fault.code else BUSY
