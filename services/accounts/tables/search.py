"""By which beginnings customers are found."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base
from services.accounts.domain.search import MAX_TERM

# In the order of its characters: other collations of PostgreSQL pass over punctuation, and a
# beginning would then be no range.
_TERM = String(MAX_TERM).with_variant(String(MAX_TERM, collation="C"), "postgresql")


class SearchTerm(Base):
    """A beginning that a customer, or a contact of it, is found by; written with the record."""

    __tablename__ = "search_terms"
    __table_args__ = (
        Index("ix_search_terms_term", "entity_id", "term", "customer_id", "record_id"),
        {"sqlite_with_rowid": False},  # one tree less to write
    )

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    record_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)  # whose name it is
    term: Mapped[str] = mapped_column(_TERM, primary_key=True, info=PERSONAL)
    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH))
