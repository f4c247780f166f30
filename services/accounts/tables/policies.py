"""The matrix of what which customers are offered."""

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Record
from services.accounts.domain.customers import Lifecycle
from services.accounts.domain.policies import Importance, Scale


class PolicyCell(Record):
    """What customers of one class, importance and scale are offered; its id follows from these."""

    __tablename__ = "policy_cells"

    customer_class: Mapped[Lifecycle | None]  # None: of any
    importance: Mapped[Importance | None]
    scale: Mapped[Scale | None]
    entries: Mapped[list[dict[str, str | None]]] = mapped_column(JSON)
    withholds: Mapped[bool]  # at least one thing
