"""Validity of consents, flags and credit; and the mail that asks to confirm a consent."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_RECORD = ("id", "entity_id", "version", "event_seq", "created_at", "updated_at")
_TEXT = (
    "Dear {{ name }},\n\nyou, or somebody in your name, asked us to contact you. We will do so only"
    " if you confirm it:\n\n{{ link }}\n\nThe link is yours alone and good until {{ expires_on }}."
    " If it was not you, do nothing: then we will not.\n\nThank you.\n"
)


def upgrade() -> None:
    """Change the tables; what was there before stays readable for the release before."""
    with op.batch_alter_table("marketing_consent_refs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("marketing_customer_refs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("credit_rating", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("flags", sa.JSON(), nullable=True))
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.add_column(sa.Column("credit_rating", sa.String(length=40), nullable=True))
    names = (*_RECORD, "key", "purpose")
    table = sa.table(
        "templates", *(sa.column(each) for each in names), sa.column("variants", sa.JSON())
    )
    key = "consent_confirmation"
    record = {"id": f"templates.{key}", "entity_id": "group", "version": 1, "event_seq": 0}
    now = {"created_at": sa.func.now(), "updated_at": sa.func.now()}
    variants = {"en": {"subject": "Please confirm", "text": _TEXT, "html": None}}
    given = {"key": key, "purpose": "service", "variants": variants}
    op.execute(sa.insert(table).values(**record, **now, **given))
