"""Mails go out at most once, and what became of each is told as it is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chaos.stage import Stage
from deploy.local.mail.spool import Sink
from deploy.local.parts import MAIL

SENT, UNKNOWN = "sent", "unknown"
FATES = frozenset({SENT, "refused", "suppressed", UNKNOWN})


def mails(stage: Stage) -> Iterator[str]:
    """Hold marketing's ledger against what the mail server has, and against its own questions."""
    if "marketing" not in stage.house.databases or MAIL not in stage.house.places:
        return
    sends = stage.rows("marketing", "select id, campaign_id, message_id, status from sends")
    sink = Sink(stage.house.directory / "mail")
    arrived = [(one.message_id, one.recipient) for one in sink.messages()]
    yield from unlike(sends, arrived)
    listed = [one["id"] for one in stage.pages("marketing.unknown_sends", {})]
    yield from unlisted(sends, listed)


def unlike(sends: Iterable[Any], arrived: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield each mail that is there twice or should not be, and each message without its fate.

    :param arrived: the Message-ID and the recipient of each mail that the server has.
    """
    counts = Counter(arrived)
    found = {message_id for message_id, _ in counts}
    known = {one["message_id"]: one for one in sends}
    yield from _doubled(counts, known)
    for message_id, one in sorted(known.items()):
        status, is_there = one["status"], message_id in found
        if status not in FATES:
            yield f"the message {one['id']} has no fate: it is {status}"
        elif status == SENT and not is_there:
            yield f"the message {one['id']} is told sent, and the mail server has no such mail"
        elif status not in {SENT, UNKNOWN} and is_there:
            yield f"the message {one['id']} is told {status}, and the mail server has it"
    for message_id in sorted(found - known.keys()):
        yield f"the mail {message_id} is none that was planned"


def unlisted(sends: Iterable[Any], listed: Iterable[str]) -> Iterator[str]:
    """Yield where the list of messages whose fate nobody knows is not what the ledger says."""
    unknown, said = {one["id"] for one in sends if one["status"] == UNKNOWN}, set(listed)
    for id_ in sorted(unknown - said):
        yield f"the fate of message {id_} is unknown, and nobody is told so"
    for id_ in sorted(said - unknown):
        yield f"the fate of message {id_} is listed as unknown, and it is known"


def _doubled(counts: Counter[tuple[str, str]], known: Mapping[str, Any]) -> Iterator[str]:
    """A customer gets one mail of a campaign, whatever Message-ID it has."""
    got: Counter[tuple[str, str]] = Counter()
    for (message_id, recipient), count in counts.items():
        send = known.get(message_id)
        about = (send["campaign_id"] if send else None) or message_id
        got[about, recipient] += count
    for (about, recipient), count in sorted(got.items()):
        if count > 1:
            yield f"{recipient} got {count} mails of {about}"
