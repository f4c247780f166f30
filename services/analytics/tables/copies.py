"""What accounts has told of others: only as much as analytics needs."""

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import CopyRecord


class CustomerRef(CopyRecord):
    """A customer: whose it is. Who it is, analytics does not know."""

    __tablename__ = "analytics_customer_refs"

    version: Mapped[int] = mapped_column(Integer, default=0)  # of the record in accounts
    entity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    team_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    territory_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
