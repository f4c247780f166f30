"""Tiers, consents, and versions of what other departments tell."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_consents_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint(
            "customer_id",
            "purpose",
            "channel",
            name=op.f("uq_consents_customer_id_purpose_channel"),
        ),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_entity_id"), ["entity_id"], unique=False)

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tier", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("tier_rank", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("tier_of", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("tier_period_start", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("tier_period_end", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("tier_as_of", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("tier_score_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("tier_version", sa.Integer(), nullable=True))

    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source_version", sa.Integer(), nullable=True))
