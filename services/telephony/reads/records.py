"""Records under a lock, and what the house says about its telephony."""

import zlib
from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import func, select

from chassis import ownership
from chassis.caller import GROUP_ENTITY
from chassis.errors import NotFound
from chassis.tables import Record
from chassis.work import Work
from services.telephony.tables import (
    AgentDevice,
    Call,
    Callback,
    CustomerRef,
    DialledNumber,
    Disposition,
    PbxLink,
    StaffRef,
)

R = TypeVar("R", bound=Record)
OWNED_BY_CUSTOMER: tuple[type[Call | Callback], ...] = (Call, Callback)
_LOCK_CLASS = zlib.crc32(b"telephony") - 2**31  # PostgreSQL's lock keys are signed


def hold(work: Work, keys: Iterable[str]) -> None:
    """Let nobody else decide about these keys until this work is done.

    What is not stored yet has no row to lock; SQLite has one writer anyway.
    """
    if work.session.get_bind().dialect.name != "postgresql":
        return
    for key in sorted({zlib.crc32(key.encode()) - 2**31 for key in keys}):
        work.session.execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, key)))


def locked(work: Work, kind: type[R], id_: str) -> R | None:
    """Load a record and keep it from being changed until this work is done.

    Steps, timers and handlers have no version to bring: they wait for each other instead.
    """
    return work.session.scalar(select(kind).where(kind.id == id_).with_for_update())


def call(work: Work, call_id: str) -> Call | None:
    """Load a call; nobody else enters or changes it until this work is done."""
    hold(work, [f"call:{call_id}"])
    return locked(work, Call, call_id)


def link(work: Work, pbx: str) -> PbxLink | None:
    """Load the link to a PBX; nobody else enters or changes it until this work is done."""
    hold(work, [f"pbx:{pbx}"])
    return work.session.scalar(select(PbxLink).where(PbxLink.pbx == pbx).with_for_update())


def customer(work: Work, customer_id: str) -> CustomerRef | None:
    """Return a customer, also by an old id; its owner cannot change until this work is done."""
    return ownership.customer(work, CustomerRef, customer_id)


def staff(work: Work, staff_id: str) -> StaffRef | None:
    """Return a member of the staff."""
    return work.session.scalar(select(StaffRef).where(StaffRef.id == staff_id, ~StaffRef.erased))


def agent_of(work: Work, device: str | None) -> str | None:
    """Return whose a phone is."""
    if device is None:
        return None
    return work.session.scalar(select(AgentDevice.staff_id).where(AgentDevice.device == device))


def entity_of(work: Work, dnis: str | None) -> str | None:
    """Return the entity of the group that a number of ours belongs to."""
    if dnis is None:
        return None
    return work.session.scalar(select(DialledNumber.entity_id).where(DialledNumber.dnis == dnis))


def queue_of(work: Work, dnis: str | None) -> str | None:
    """Return the queue that a number of ours leads to."""
    if dnis is None:
        return None
    return work.session.scalar(select(DialledNumber.queue).where(DialledNumber.dnis == dnis))


def disposition(work: Work, entity_id: str, key: str) -> Disposition:
    """Return an active disposition; an entity's own goes before the group's.

    :raises NotFound: if there is none.
    """
    query = select(Disposition).where(Disposition.key == key, Disposition.active)
    ours = Disposition.entity_id.in_([entity_id, GROUP_ENTITY])
    found = work.session.scalar(
        query.where(ours).order_by(Disposition.entity_id == GROUP_ENTITY).limit(1)
    )
    if found is None:
        raise NotFound(
            "There is no such disposition in use.", code="telephony.call.unknown_disposition"
        )
    return found
