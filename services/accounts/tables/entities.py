"""The entities of the group, and the customers that they share."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Record


class Entity(Record):
    """A company of the group; its id is what records and tokens call it by."""

    __tablename__ = "entities"

    name: Mapped[str] = mapped_column(String(120))
    active: Mapped[bool] = mapped_column(default=True)


class SharedCustomer(Record):
    """A customer of one entity that the others may look at; its ``entity_id`` is whose it is."""

    __tablename__ = "shared_customers"

    customer_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("customers.id"), unique=True
    )
