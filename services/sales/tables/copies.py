"""Copies of accounts' records, as much of them as selling needs; only the chassis writes them."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Computed, Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.expression import ColumnElement

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, CopyRecord


class _ErpKey(ColumnElement[str]):
    """The key a customer has in the ERP, out of the JSON object of its external ids."""

    inherit_cache = True
    type = String()


# PostgreSQL shows the expression back with the cast; so written, alembic finds nothing changed.
@compiles(_ErpKey, "postgresql")
def _on_postgresql(_: _ErpKey, __: Any, **___: Any) -> str:
    return "external_ids ->> 'erp'::text"


@compiles(_ErpKey, "sqlite")
def _on_sqlite(_: _ErpKey, __: Any, **___: Any) -> str:
    return "external_ids ->> 'erp'"


class CustomerRef(CopyRecord):
    """A customer: whose it is, which key the ERP knows it by, and what warns of it."""

    __tablename__ = "customer_refs"

    version: Mapped[int] = mapped_column(Integer, default=0)  # of the record in accounts
    name: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    entity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    team_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    territory_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    external_ids: Mapped[dict[str, str] | None] = mapped_column(JSON)
    flags: Mapped[list[str] | None] = mapped_column(JSON)  # codes, see contracts/flags.py
    credit_limit_minor: Mapped[int | None] = mapped_column(BigInteger)
    credit_currency: Mapped[str | None] = mapped_column(String(3))
    # The database derives it, so that an order finds its customer by index.
    erp_id: Mapped[str | None] = mapped_column(
        String(80), Computed(_ErpKey(), persisted=True), index=True
    )


class StaffRef(CopyRecord):
    """A member of the staff: what they are entitled to sell, and where."""

    __tablename__ = "staff_refs"

    name: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    active: Mapped[bool] = mapped_column(default=True)
    entity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    roles: Mapped[list[str] | None] = mapped_column(JSON)
    team_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    territory_ids: Mapped[list[str] | None] = mapped_column(JSON)
    away: Mapped[list[dict[str, str]] | None] = mapped_column(JSON)


class TerritoryRef(CopyRecord):
    """A territory of the tree, and the states or provinces that it covers."""

    __tablename__ = "territory_refs"

    name: Mapped[str | None] = mapped_column(String(200))
    parent_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    states: Mapped[list[str] | None] = mapped_column(JSON)
    entity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
