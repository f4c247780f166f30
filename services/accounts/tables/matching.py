"""What each entry point does with a customer that is known already."""

from sqlalchemy import JSON, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Record
from services.accounts.domain.matching import EntryPoint, Policy


class MatchPolicy(Record):
    """The policy of one entry point; where there is none, it is as it came."""

    __tablename__ = "match_policies"
    __table_args__ = (UniqueConstraint("entity_id", "entry_point"),)

    entry_point: Mapped[EntryPoint]
    policy: Mapped[Policy]
    overrides: Mapped[list[str]] = mapped_column(JSON)  # policies that callers may ask for
