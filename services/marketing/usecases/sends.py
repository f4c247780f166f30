"""The ledger: a message is planned, tried, and comes to one fate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.ids import natural_id
from chassis.work import Work
from contracts import preferences
from services.marketing.domain import sends as rules
from services.marketing.domain.campaigns import MAIL, STEP
from services.marketing.domain.sends import OPEN, Outcome, Reason, SendStatus
from services.marketing.domain.templates import Purpose
from services.marketing.reads import audience, records, telling
from services.marketing.reads import sends as reads
from services.marketing.tables import Campaign, CustomerRef, Send, Suppression
from services.marketing.usecases import campaigns, responses
from services.marketing.usecases.audience import held

SEND = "send_message"  # the kind of the process
WINDOW_OPENS = "send.window_opens"  # the kind of the timer


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that is to be sent."""

    id: str
    entity_id: str
    customer_id: str
    campaign_id: str | None
    step: str
    purpose: Purpose
    template_id: str
    expires_at: datetime | None = None
    secret: str | None = None  # of a link; kept only until the message has its fate


def plan_for_campaign(work: Work, campaign: Campaign, customer_id: str) -> None:
    """Plan the message of a campaign to one of its members."""
    plan(
        work,
        Draft(
            id=natural_id("send", campaign.id, STEP, customer_id), entity_id=campaign.entity_id,
            customer_id=customer_id, campaign_id=campaign.id, step=STEP,
            purpose=Purpose.MARKETING, template_id=campaign.template_id,
        ),
    )  # fmt: skip


def plan(work: Work, draft: Draft) -> None:
    """Enter a message in the ledger and let it be sent; its Message-ID is fixed from here on."""
    work.add(
        Send(
            id=draft.id, entity_id=draft.entity_id, campaign_id=draft.campaign_id,
            step=draft.step, customer_id=draft.customer_id, channel=MAIL, purpose=draft.purpose,
            template_id=draft.template_id, message_id=rules.message_id(draft.id),
            status=SendStatus.PLANNED, attempts=0, expires_at=draft.expires_at,
        )
    )  # fmt: skip
    work.start(SEND, draft.id, {"send_id": draft.id, "secret": draft.secret})


def try_now(work: Work, send: Send, customer: CustomerRef, secret: str | None) -> bool:
    """Note that a message is being sent, or why it is not or waits; say whether it is."""
    reason = _too_late(work, send) or rules.why_not(send.purpose, reads.standing(work, customer))
    reason = reason or _likes_otherwise(work, send, customer)
    if reason is not None:
        put_off = reason is Reason.NOT_DELIVERED
        fate = SendStatus.REFUSED if put_off else SendStatus.SUPPRESSED
        settle(work, send, Outcome(fate, reason))
        return False
    if _waits(work, send, customer, secret):
        return False
    send.status, send.attempts, send.reason = SendStatus.SENDING, send.attempts + 1, None
    send.first_tried_at, send.tried_at = send.first_tried_at or work.now, work.now
    return True


def go_on(work: Work, *, key: str, data: Mapping[str, object]) -> None:
    """Let a message go on its way that has waited; whether it may is looked at anew."""
    send = open_send(work, key)
    if send is None:
        return
    if audience.customer(work, send.customer_id) is None:  # erased meanwhile
        settle(work, send, Outcome(SendStatus.SUPPRESSED, Reason.NO_ADDRESS))
        return
    # A process ends where its message begins to wait: each waiting has a version of its own.
    work.start(SEND, f"{send.id}:{send.version}", {"send_id": send.id, **data})


def settle(work: Work, send: Send, outcome: Outcome) -> None:
    """Note what became of a message; with the last one its campaign is finished."""
    if outcome.fate is SendStatus.SENT:
        held(work, send.customer_id)  # either we see its order, or the order sees this message
    send.status, send.reason, send.settled_at = outcome.fate, outcome.reason, work.now
    work.tell(telling.touch_settled, send)
    if outcome.reason is Reason.ADDRESS_REFUSED and outcome.fate is SendStatus.REFUSED:
        _refuse_address(work, send.customer_id)
    if outcome.fate is SendStatus.SENT:
        responses.look_back(work, send)
    if send.campaign_id is not None:
        campaigns.finish_if_done(work, send.campaign_id)


def settle_send(work: Work, *, send_id: str, version: int, delivered: bool) -> Send:
    """Say what became of a message whose fate nobody knew.

    :raises SendNotUnknown: if it is known.
    """
    send = work.get(Send, send_id, version=version)
    if send.status is not SendStatus.UNKNOWN:
        raise rules.SendNotUnknown(f"The message is {send.status.value}; that is known.")
    settle(work, send, _found() if delivered else Outcome(SendStatus.REFUSED, Reason.NOT_DELIVERED))
    return send


def reconcile_sends(work: Work, *, message_ids: Sequence[str]) -> dict[str, object]:
    """Settle the messages of unknown fate among those that the mail server has.

    What it does not have is not proof: such messages stay with a person. What it has although the
    ledger says otherwise, perhaps by a person's word, is contradicted: nothing is changed.
    """
    wanted = {id_.strip().strip("<>") for id_ in message_ids}
    found = reads.by_message_ids(work, wanted)
    open_ = [one for one in found.values() if one.status is SendStatus.UNKNOWN]
    for customer_id in sorted({send.customer_id for send in open_}):
        held(work, customer_id)  # in one order, whatever the messages' order is
    settled = [send.id for send in open_]
    contradicted = [one.id for one in found.values() if one.status in rules.NOT_OUT]
    for send in open_:
        settle(work, send, _found())
    return {
        "settled": settled,
        "contradicted": contradicted,
        "known_already": len(found) - len(settled) - len(contradicted),
        "not_ours": len(wanted) - len(found),
    }


def suppression(work: Work, customer_id: str, entity_id: str) -> Suppression:
    """Return what is kept from a customer; nobody else changes it until this work is done."""
    found = records.locked(work, Suppression, customer_id)
    return found or work.add(Suppression(id=customer_id, entity_id=entity_id))


def open_send(work: Work, send_id: str) -> Send | None:
    """Return a message that has no fate yet, under its lock."""
    send = records.locked(work, Send, send_id)
    return send if send is not None and send.status in OPEN else None


def _likes_otherwise(work: Work, send: Send, customer: CustomerRef) -> Reason | None:
    """Return why a campaign leaves somebody out who allows its mail; his own affairs reach him."""
    if send.campaign_id is None or not preferences.likes_other(customer.preferred_channel, MAIL):
        return None
    honours = work.get(Campaign, send.campaign_id).honours_preference
    return Reason.PREFERS_OTHER_CHANNEL if honours else None


def _waits(work: Work, send: Send, customer: CustomerRef, secret: str | None) -> bool:
    """Let a message wait until its customer likes to be written to; say whether it does."""
    told = (customer.preferred_from, customer.preferred_until, customer.preferred_zone)
    window = preferences.window(*told)
    if preferences.is_open(window, work.now):
        return False
    opens = preferences.opening(window, work.now)
    until = rules.waits_until(send.step, opens, send.expires_at)
    if until is None:
        return False
    send.status, send.reason = SendStatus.PLANNED, Reason.OUTSIDE_WINDOW
    send.waits_until = until
    work.at(until, WINDOW_OPENS, send.id, {"secret": secret})
    return True


def _too_late(work: Work, send: Send) -> Reason | None:
    if send.expires_at is not None and send.expires_at <= work.now:
        return Reason.EXPIRED
    first = send.first_tried_at
    return Reason.NOT_DELIVERED if first and work.now - first > rules.PATIENCE else None


def _found() -> Outcome:
    return Outcome(SendStatus.SENT)


def _refuse_address(work: Work, customer_id: str) -> None:
    customer = audience.customer(work, customer_id)
    if customer is None or customer.email is None:
        return  # erased meanwhile: there is nothing left to write to
    kept = suppression(work, customer_id, audience.entity_of(customer))
    kept.refused_address, kept.refused_at = rules.fingerprint(customer.email), work.now
