"""The rules by which customers are taken from owners who do nothing."""

from sqlalchemy import JSON, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Record
from services.accounts.domain.drops import Demand
from services.accounts.domain.pools import MAX_NAME


class DropRule(Record):
    """One rule; what is dropped carries its id in the history of owners."""

    __tablename__ = "drop_rules"

    name: Mapped[str] = mapped_column(String(MAX_NAME))
    active: Mapped[bool]
    demand: Mapped[Demand]
    days: Mapped[int] = mapped_column(Integer)
    warning_days: Mapped[int] = mapped_column(Integer)
    segments: Mapped[list[str]] = mapped_column(JSON)
    lifecycles: Mapped[list[str]] = mapped_column(JSON)
    spares_won: Mapped[bool]
    spares_open: Mapped[bool]
    pool_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
