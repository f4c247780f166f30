"""Copies of accounts' records, as much of them as serving needs; only the chassis writes them."""

from sqlalchemy import JSON, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, CopyRecord


class CustomerRef(CopyRecord):
    """A customer: whose it is, and how important."""

    __tablename__ = "desk_customer_refs"

    version: Mapped[int] = mapped_column(Integer, default=0)  # of the record in accounts
    name: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    tier: Mapped[str | None] = mapped_column(String(20))
    entity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    team_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    territory_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))


class StaffRef(CopyRecord):
    """A member of the staff: what they may work on, and where."""

    __tablename__ = "desk_staff_refs"

    name: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    active: Mapped[bool] = mapped_column(default=True)
    entity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    roles: Mapped[list[str] | None] = mapped_column(JSON)
    team_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    territory_ids: Mapped[list[str] | None] = mapped_column(JSON)
