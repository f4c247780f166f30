"""What customers are found by, and what each entry point does with one that is known."""

import sqlalchemy as sa
from alembic import op

from chassis.tables import TIMERS, Instant

revision = "0006"
down_revision = "0005"

_CUSTOMERS = sa.table("customers", sa.column("id"), sa.column("created_at", Instant()))
_LATEST = sa.select(_CUSTOMERS.c.created_at).order_by(_CUSTOMERS.c.id.desc()).limit(1)


def upgrade() -> None:
    """Make the index; customers that are there already are indexed by a timer, step by step."""
    term = sa.String(length=48).with_variant(sa.String(length=48, collation="C"), "postgresql")
    op.create_table(
        "search_terms",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("term", term, nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "record_id", "term", name=op.f("pk_search_terms")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_search_terms_term", "search_terms", ["entity_id", "term", "customer_id", "record_id"]
    )
    op.create_table(
        "match_policies",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_point", sa.String(length=32), nullable=False),
        sa.Column("policy", sa.String(length=32), nullable=False),
        sa.Column("overrides", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_policies")),
        sa.UniqueConstraint(
            "entity_id", "entry_point", name=op.f("uq_match_policies_entity_id_entry_point")
        ),
    )
    op.create_index(op.f("ix_match_policies_entity_id"), "match_policies", ["entity_id"])
    op.add_column("external_ids", sa.Column("revision", sa.BigInteger(), nullable=True))
    for column in ("created_at", "updated_at", "name"):
        op.create_index(f"ix_customers_by_{column}", "customers", ["entity_id", column, "id"])
    op.create_index(
        "ix_customers_by_owner", "customers", ["entity_id", "owner_id", "created_at", "id"]
    )
    if (latest := op.get_bind().scalar(_LATEST)) is not None:
        op.bulk_insert(
            TIMERS,
            [
                {
                    "id": "search.index_due",
                    "kind": "search.index_due",
                    "key": "all",
                    "due": latest,  # past on any clock of ours, and not overdue by years
                    "data": "{}",
                    "attempts": 0,
                    "next_try": 0.0,
                }
            ],
        )
