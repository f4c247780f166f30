"""Merges: which customers became one, what each was before, and which service has followed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, OwnedRecord, Record
from services.accounts.domain.merging import MergeStatus


class Merge(OwnedRecord):
    """One merge of customers, with what the winner was before and what was put in its place.

    It is seen by whoever saw the winner when they became one.
    """

    __tablename__ = "merges"

    winner_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    status: Mapped[MergeStatus] = mapped_column(index=True)
    choices: Mapped[dict[str, str]] = mapped_column(JSON)  # field -> whose value the caller chose
    before: Mapped[dict[str, Any]] = mapped_column(JSON, info=PERSONAL)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, info=PERSONAL)  # only what changed
    # Consents of the winner that the merge wrote, as they were (None: there was none).
    consents: Mapped[dict[str, Any]] = mapped_column(JSON)
    contacts: Mapped[list[str]] = mapped_column(JSON)  # entered for addresses that gave way
    # What the services answer for now: the merge, then its undoing.
    task_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    told_at: Mapped[datetime | None]  # when they were told of that task
    completed_at: Mapped[datetime | None]


class MergeMember(Base):
    """A customer that takes part in a merge."""

    __tablename__ = "merge_members"

    merge_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, index=True)
    is_winner: Mapped[bool]


class MergedCustomer(Record):
    """A customer that is an old id of another now, as it was; its id is the old one."""

    __tablename__ = "merged_customers"

    merge_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    winner_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)  # of that merge
    now_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)  # after later merges
    number: Mapped[str] = mapped_column(String(20), index=True)  # it is still called by
    kind: Mapped[str] = mapped_column(String(32))
    customer_version: Mapped[int] = mapped_column(Integer)
    image: Mapped[dict[str, Any]] = mapped_column(JSON, info=PERSONAL)
    # Keys of other systems that the winner has differently: it is found by both.
    external_ids: Mapped[dict[str, str]] = mapped_column(JSON, info=PERSONAL)


class Acknowledgement(Base):
    """What a service has done for a task that accounts told it of."""

    __tablename__ = "acknowledgements"

    task_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    service: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    counts: Mapped[dict[str, int]] = mapped_column(JSON)  # kind of record -> how many
