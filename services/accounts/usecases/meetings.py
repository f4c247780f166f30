"""Plan meetings that come again: when one is due, a touch is noted and an event tells it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from chassis.work import Work
from contracts.party import MeetingDue
from services.accounts.domain import organisation as rules
from services.accounts.domain.interactions import Direction, InteractionKind, Touch
from services.accounts.domain.organisation import MAX_SERIES, Rhythm
from services.accounts.reads import customers, directory
from services.accounts.reads import organisation as reads
from services.accounts.tables import Contact, Customer, Interaction, MeetingSeries
from services.accounts.usecases.interactions import ForeignContact, write

DUE = "accounts.meeting"  # the kind of the timer
SOURCE = "accounts.meeting"


def schedule_meetings(work: Work, *, customer_id: str, rhythm: Rhythm) -> MeetingSeries:
    """Plan meetings with a customer that come again.

    :raises MeetingInPast: if the first one would have been before now.
    :raises ForeignContact: if the contact is another customer's.
    :raises TooManySeries: if there are more than anybody attends.
    """
    customer = work.get(Customer, customer_id)
    if rhythm.starts_at < work.now:
        raise rules.MeetingInPast("The first meeting lies in the past.")
    if rhythm.contact_id and work.get(Contact, rhythm.contact_id).customer_id != customer_id:
        raise ForeignContact("The contact is not one of this customer.")
    if rhythm.host_id is not None:
        directory.owner(work, rhythm.host_id)
    customers.hold(work, [f"meetings:{customer_id}"])
    if reads.going_on(work, customer_id) >= MAX_SERIES:
        raise rules.TooManySeries("Nobody attends so many meetings.", detail={"most": MAX_SERIES})
    series = work.add(
        MeetingSeries(
            **asdict(rhythm),
            entity_id=customer.entity_id,
            customer_id=customer_id,
            next_at=rhythm.starts_at,
            met=0,
            active=True,
        )
    )
    work.flush()
    work.at(series.next_at, DUE, series.id, {})
    return series


def stop_meetings(work: Work, *, series_id: str, version: int) -> MeetingSeries:
    """Meet no more; what was noted stays.

    :raises StaleVersion: if it changed since.
    """
    series = work.get(MeetingSeries, series_id, version=version)
    work.get(Customer, series.customer_id)
    series.active = False
    work.cancel(DUE, series.id)
    work.flush()
    return series


def meet(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
    """Note that a meeting is due, tell it, and set the timer for the next one."""
    series = work.get(MeetingSeries, key)
    customer = work.get(Customer, series.customer_id)
    due_at = series.next_at
    touch = Touch(
        kind=InteractionKind.MEETING,
        direction=Direction.OUTBOUND,
        subject=series.subject,
        at=due_at,
        source=SOURCE,
        source_key=f"{series.id}:{series.met}",
        contact_id=series.contact_id,
        level=series.level,
    )
    planned = work.add(write(work, Interaction(), customer, touch))
    series.met += 1
    series.next_at = rules.nth(series.starts_at, series.cadence, series.met)
    _tell(work, series, due_at, planned.id)
    work.at(series.next_at, DUE, series.id, {})


def _tell(work: Work, series: MeetingSeries, due_at: datetime, interaction_id: str) -> None:
    def meeting_due(done: MeetingSeries) -> MeetingDue:
        return MeetingDue(
            series_id=done.id,
            version=done.version,
            customer_id=done.customer_id,
            contact_id=done.contact_id,
            host_id=done.host_id,
            level=done.level,
            due_at=due_at,
            next_at=done.next_at,
            interaction_id=interaction_id,
            entity_id=done.entity_id,
        )

    work.tell(meeting_due, series)
