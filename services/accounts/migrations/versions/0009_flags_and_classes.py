"""Validity and confirmation of consents; flags and credit; classes, stages and policies."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def _record() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    _consents()
    _flags()
    _classes()
    _policies()
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lag_ms", sa.Integer(), nullable=True))


def _consents() -> None:
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "consent_requests",
        *_record(),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("evidence", sa.String(length=120), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirm_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_consent_requests_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_requests")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_consent_requests_token_hash")),
    )
    for column in ("customer_id", "entity_id"):
        op.create_index(
            op.f(f"ix_consent_requests_{column}"), "consent_requests", [column], unique=False
        )


def _owned() -> list[sa.Column[Any]]:
    return [
        *_record(),
        sa.Column("owner_id", sa.String(length=64), nullable=True),
        sa.Column("team_id", sa.String(length=64), nullable=True),
        sa.Column("territory_id", sa.String(length=64), nullable=True),
    ]


def _flags() -> None:
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("stage", sa.String(length=32), server_default="suspect", nullable=False)
        )
        batch_op.add_column(sa.Column("importance", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("scale", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("stage_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("stage_reason", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("flags", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("credit_rating", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("credit_limit_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("credit_currency", sa.String(length=3), nullable=True))
        batch_op.add_column(sa.Column("credit_reason", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("credit_note", sa.String(length=400), nullable=True))
        batch_op.add_column(sa.Column("credit_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("credit_by", sa.String(length=128), nullable=True))
    op.create_table(
        "flags",
        *_owned(),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by", sa.String(length=128), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=128), nullable=True),
        sa.Column("lift_reason", sa.String(length=32), nullable=True),
        sa.Column("standing_key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_flags_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
        sa.UniqueConstraint("standing_key", name=op.f("uq_flags_standing_key")),
    )
    op.create_index("ix_flags_customer", "flags", ["customer_id", "raised_at", "id"], unique=False)
    for column in ("entity_id", "owner_id", "team_id", "territory_id"):
        op.create_index(op.f(f"ix_flags_{column}"), "flags", [column], unique=False)


def _classes() -> None:
    op.create_table(
        "bought_orders",
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_bought_orders")),
    )
    op.create_index(
        "ix_bought_orders_customer", "bought_orders", ["customer_id", "ordered_on"], unique=False
    )
    op.create_table(
        "survey_answers",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("survey_id", sa.String(length=64), nullable=False),
        sa.Column("satisfaction", sa.String(length=32), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_survey_answers")),
    )
    op.create_table(
        "class_policies",
        *_record(),
        sa.Column("new_days", sa.Integer(), nullable=False),
        sa.Column("churn_days", sa.Integer(), nullable=False),
        sa.Column("loyal_orders", sa.Integer(), nullable=False),
        sa.Column("loyal_satisfaction", sa.String(length=32), nullable=False),
        sa.Column("satisfaction_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_policies")),
        sa.UniqueConstraint("entity_id", name=op.f("uq_class_policies_entity_id")),
    )
    op.create_index(
        op.f("ix_class_policies_entity_id"), "class_policies", ["entity_id"], unique=False
    )
    op.create_table(
        "stage_changes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous_stage", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_stage_changes_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_changes")),
    )
    op.create_index(
        "ix_stage_changes_customer", "stage_changes", ["customer_id", "at", "id"], unique=False
    )


def _policies() -> None:
    op.create_table(
        "policy_cells",
        *_record(),
        sa.Column("customer_class", sa.String(length=32), nullable=True),
        sa.Column("importance", sa.String(length=32), nullable=True),
        sa.Column("scale", sa.String(length=32), nullable=True),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("withholds", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_cells")),
    )
    op.create_index(op.f("ix_policy_cells_entity_id"), "policy_cells", ["entity_id"], unique=False)
