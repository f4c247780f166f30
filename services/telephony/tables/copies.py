"""Copies of accounts' records, as much of them as calls need; only the chassis writes them."""

from sqlalchemy import JSON, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, CopyRecord


class CustomerRef(CopyRecord):
    """A customer: whose it is, and whether and when it may be called."""

    __tablename__ = "telephony_customer_refs"

    version: Mapped[int] = mapped_column(Integer, default=0)  # of the record in accounts
    name: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    entity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    team_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    territory_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    flags: Mapped[list[str] | None] = mapped_column(JSON)  # codes, see contracts/flags.py
    language: Mapped[str | None] = mapped_column(String(35))
    # How and when it likes to be turned to, see contracts/preferences.py.
    preferred_channel: Mapped[str | None] = mapped_column(String(40))
    preferred_from: Mapped[str | None] = mapped_column(String(5))
    preferred_until: Mapped[str | None] = mapped_column(String(5))
    preferred_zone: Mapped[str | None] = mapped_column(String(64))


class StaffRef(CopyRecord):
    """A member of the staff who may sit at a phone."""

    __tablename__ = "telephony_staff_refs"

    name: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    active: Mapped[bool] = mapped_column(default=True)
    entity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    team_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
