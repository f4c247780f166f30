"""Calls, what happened in them, whose phones rang, and what is shown there."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, OwnedRecord
from services.telephony.domain.calls import CallState, Direction, Identity


class Call(OwnedRecord):
    """A call as the bridge told it last, and what we know beside that; its id is the bridge's."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_quarter", "quarter", "direction"),
        Index("ix_calls_customer", "customer_id", "started_at"),
        Index("ix_calls_number", "number", "started_at"),
        Index("ix_calls_started", "started_at", "id"),
    )

    # As the PBX says; instants and spans are by its clock.
    seq: Mapped[int] = mapped_column(Integer)  # the place of the newest event in the call's order
    pbx: Mapped[str] = mapped_column(String(64))
    boot_id: Mapped[str] = mapped_column(String(80))
    linkedid: Mapped[str] = mapped_column(String(150))
    direction: Mapped[Direction]
    state: Mapped[CallState]
    number: Mapped[str | None] = mapped_column(String(40), info=PERSONAL)  # of the other party
    caller_name: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    dnis: Mapped[str | None] = mapped_column(String(40), info=PERSONAL)  # outbound: the customer's
    data: Mapped[dict[str, str] | None] = mapped_column(JSON, info=PERSONAL)  # what was keyed in
    queue: Mapped[str | None] = mapped_column(String(80))
    # The agent's, with whom it was last; of one who is reached over a trunk, his number.
    device: Mapped[str | None] = mapped_column(String(80), info=PERSONAL)
    started_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    established_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    wait_ms: Mapped[int | None] = mapped_column(BigInteger)
    talk_ms: Mapped[int | None] = mapped_column(BigInteger)
    hold_ms: Mapped[int | None] = mapped_column(BigInteger)
    transfers: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str | None] = mapped_column(String(40))
    end_reason: Mapped[str | None] = mapped_column(String(40))
    estimated: Mapped[bool]  # not everything was heard live
    quarter: Mapped[datetime]  # of an hour, in which it arrived
    # What we add.
    agent_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    identity: Mapped[Identity | None]  # None until accounts has answered
    is_linked: Mapped[bool]  # a person said who it is: that stands
    customer_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    told_end_at: Mapped[datetime | None]  # business clock
    disposition: Mapped[str | None] = mapped_column(String(40))  # Disposition.key
    note: Mapped[str | None] = mapped_column(Text, info=PERSONAL)


class CallEvent(Base):
    """What happened in a call, each once, whatever the order it was heard in."""

    __tablename__ = "call_events"

    call_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    type: Mapped[str] = mapped_column(String(40))  # offered, queued, delivered, …
    at: Mapped[datetime]  # the PBX's clock
    basis: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(40))
    queue: Mapped[str | None] = mapped_column(String(80))
    device: Mapped[str | None] = mapped_column(String(80))
    outcome: Mapped[str | None] = mapped_column(String(40))
    heard_at: Mapped[datetime]  # business clock


class CallDelivery(Base):
    """A ringing of an agent's phone; it is told once, and so is what the agent should see."""

    __tablename__ = "call_deliveries"
    __table_args__ = (Index("ix_call_deliveries_call", "call_id", "popped"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)  # of (call, leg)
    call_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    device: Mapped[str] = mapped_column(String(80))
    agent_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    delivered_at: Mapped[datetime]
    popped: Mapped[bool]


class CallScreen(Base):
    """What a pop of this call shows; fetched ahead, and forgotten when the call has been told."""

    __tablename__ = "call_screens"

    call_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    matches: Mapped[list[dict[str, str]]] = mapped_column(JSON, info=PERSONAL)
    # service -> section -> JSON text; None while it is being fetched
    card: Mapped[dict[str, Any] | None] = mapped_column(JSON, info=PERSONAL)
    missing: Mapped[list[str]] = mapped_column(JSON)  # services that did not answer in time
