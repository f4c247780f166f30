"""What is known of a lead, told in any order: features that follow from the set of signals alone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.analytics.domain.scorecard import POINTS

OTHER = "other"
NO_TAG = "none"
MAX_REMINDERS = 4  # more say no more
_CHANCES = ((90, "90_or_more"), (60, "60_to_89"), (30, "30_to_59"), (0, "below_30"))


class Sign(StrEnum):
    """What was told of a lead, or of what belongs to it."""

    CREATED = "created"  # value: source
    ENTITY = "entity"  # value: the entity of the group that the lead is of
    MATCHED = "matched"
    ASSIGNED = "assigned"  # value: reason
    OWNER = "owner"  # value: the person; team and territory beside it
    TEAM = "team"
    TERRITORY = "territory"
    PLANNED = "planned"
    OVERDUE = "overdue"  # value: reminders since it was due
    TAGGED = "tagged"  # value: the word that says most
    QUALIFIED = "qualified"
    DISQUALIFIED = "disqualified"
    CONVERTED = "converted"
    CHANCE = "chance"  # of an opportunity; value: percent
    WON = "won"
    LOST = "lost"
    QUOTED = "quoted"
    RESPONDED = "responded"  # the customer, to a campaign
    CALLED = "called"  # of a call that was answered; value: the customer whose it is


ENDED = frozenset({Sign.WON, Sign.LOST, Sign.DISQUALIFIED})


@dataclass(frozen=True, slots=True)
class Signal:
    """The newest of one sign about one subject, and how often it was told."""

    sign: Sign
    version: int  # of the subject when it was told
    value: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a lead is."""

    entity_id: str
    owner_id: str | None
    team_id: str | None
    territory_id: str | None


def owner(signals: Iterable[Signal]) -> Owner:
    """Return whose a lead is, of one that is known."""
    told = {one.sign: one.value for one in signals}
    ids = [told.get(sign) or None for sign in (Sign.OWNER, Sign.TEAM, Sign.TERRITORY)]
    return Owner(told[Sign.ENTITY], *ids)


def features(signals: Iterable[Signal]) -> dict[str, str]:
    """Return what the scorecard looks at."""
    newest: dict[Sign, Signal] = {}
    for signal in signals:
        known = newest.get(signal.sign)
        # Several opportunities of one lead: the best chance counts, whichever was told last.
        if known is None or _newer(signal, known):
            newest[signal.sign] = signal
    outcome = _outcome(newest)
    if outcome in ENDED:
        return {"outcome": outcome}  # what else was known does not matter any more
    return {
        "source": _source(newest),
        "known_customer": _yes(Sign.MATCHED in newest),
        "owner": newest[Sign.ASSIGNED].value if Sign.ASSIGNED in newest else "nobody",
        "next_action": _next_action(newest),
        "qualified": _yes(Sign.QUALIFIED in newest),
        "opportunity": _opportunity(newest),
        "tag": newest[Sign.TAGGED].value if Sign.TAGGED in newest else NO_TAG,
        "quote": "sent" if Sign.QUOTED in newest else "none",
        "campaign_response": _yes(Sign.RESPONDED in newest),
        "answered_call": _yes(Sign.CALLED in newest),
        "outcome": outcome,
    }


def telling_tag(tags: Collection[str]) -> str:
    """Return the word of those on a lead that says most of it, for better or for worse."""
    points = POINTS["tag"]
    return max(sorted(points.keys() & {*tags, NO_TAG}), key=lambda word: abs(points[word]))


def _newer(signal: Signal, known: Signal) -> bool:
    if signal.sign is Sign.CHANCE:
        return int(signal.value) > int(known.value)
    return (signal.version, signal.value) > (known.version, known.value)


def _source(newest: dict[Sign, Signal]) -> str:
    source = newest[Sign.CREATED].value if Sign.CREATED in newest else OTHER
    return source if source in POINTS["source"] else OTHER


def _next_action(newest: dict[Sign, Signal]) -> str:
    overdue, planned = newest.get(Sign.OVERDUE), newest.get(Sign.PLANNED)
    if overdue is not None and (planned is None or overdue.version > planned.version):
        reminders = int(overdue.value)
        return f"overdue_{reminders}" if reminders < MAX_REMINDERS else f"overdue_{MAX_REMINDERS}+"
    return "planned" if planned is not None else "none"


def _opportunity(newest: dict[Sign, Signal]) -> str:
    if Sign.CHANCE not in newest:
        return "none"
    chance = int(newest[Sign.CHANCE].value)
    return next(word for least, word in _CHANCES if chance >= least)


def _outcome(newest: dict[Sign, Signal]) -> str:
    for sign in (Sign.WON, Sign.LOST, Sign.DISQUALIFIED, Sign.CONVERTED):
        if sign in newest:
            return sign.value
    return "open"


def _yes(claim: bool) -> str:
    return "yes" if claim else "no"
