"""What marketing works out anew when two customers become one, and when they come apart."""

from chassis import aliases
from chassis.ownership import Owner
from chassis.work import Work
from services.marketing.reads import audience as reads
from services.marketing.reads import records
from services.marketing.tables import Suppression
from services.marketing.usecases import audience, responses, sends


def hold(work: Work, customer_id: str) -> Owner | None:
    """Let nobody else change what is known of a customer; messages are nobody's own."""
    audience.held(work, customer_id)
    return None


def settle(work: Work, customer_id: str) -> None:
    """Count a customer's orders, judge its segments and answers anew, and keep what stops mail."""
    now = aliases.now_called(work.session, customer_id)
    if now != customer_id:
        _stop_alike(work, customer_id, now)
    profile = audience.held(work, customer_id)
    audience.catch_up(work, customer_id, reads.customer(work, customer_id))
    audience.recount(work, profile)
    responses.note_orders(work, customer_id)


def _stop_alike(work: Work, old_id: str, customer_id: str) -> None:
    """Let what stops mail to one stop it to the other.

    It stays when they come apart: nobody is written to again because a mistake was mended.
    """
    theirs = records.locked(work, Suppression, old_id)
    if theirs is None:
        return
    ours = sends.suppression(work, customer_id, theirs.entity_id)
    ours.stopped_at = ours.stopped_at or theirs.stopped_at
    ours.unsubscribed_at = max(
        filter(None, (ours.unsubscribed_at, theirs.unsubscribed_at)), default=None
    )
    if ours.refused_address is None:
        ours.refused_address, ours.refused_at = theirs.refused_address, theirs.refused_at
