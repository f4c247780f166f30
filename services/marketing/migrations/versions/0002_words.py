"""the words of asking: the mails that invite customers to the three surveys, to begin with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_RECORD = ("id", "entity_id", "version", "event_seq", "created_at", "updated_at")
_OPEN = (
    "There are a few short questions, each twice: what you expected, and what you found. Please"
    " say openly what you expect of us, also where it is more than we do today: that is what we"
    " learn from. Nobody will try to sell you anything because of your answers."
)
_END = "{{ link }}\n\nThe link is yours alone and good until {{ expires_on }}.\n\nThank you."

# key, subject, why we ask
INVITATIONS = (
    (
        "survey_pre_sale",
        "What do you expect of us?",
        (
            "thank you for your interest. Before you decide, we would like to know what matters to"
            " you, so that what we offer fits what you need."
        ),
    ),
    (
        "survey_in_sale",
        "How is your order going?",
        (
            "thank you for your order. We would like to know how you were served while you bought,"
            " so that the next step goes better than the last."
        ),
    ),
    (
        "survey_post_sale",
        "How did we do?",
        (
            "what you came to us with is settled, as far as we can see. We would like to know"
            " whether it truly is for you, so that we can put right what is not."
        ),
    ),
)


def upgrade() -> None:
    """Write what the users may change."""
    names = (*_RECORD, "key", "purpose")
    table = sa.table(
        "templates", *(sa.column(each) for each in names), sa.column("variants", sa.JSON())
    )
    for key, subject, why in INVITATIONS:
        record = {"id": f"templates.{key}", "entity_id": "group", "version": 1, "event_seq": 0}
        now = {"created_at": sa.func.now(), "updated_at": sa.func.now()}
        text = f"Dear {{{{ name }}}},\n\n{why}\n\n{_OPEN}\n\n{_END}\n"
        variants = {"en": {"subject": subject, "text": text, "html": None}}
        given = {"key": key, "purpose": "service", "variants": variants}
        op.execute(sa.insert(table).values(**record, **now, **given))
