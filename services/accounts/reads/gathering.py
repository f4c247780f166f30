"""What accounts holds of a customer, kind by kind, for whoever asks what we know of them."""

from typing import Any

from sqlalchemy import select, tuple_

from chassis.files.tables import File
from chassis.moving import CHUNK, Key
from chassis.wiping import Wipe, of, plain_table
from chassis.work import Work
from services.accounts.domain.privacy import Whom
from services.accounts.reads.erasing import by_foreign_key
from services.accounts.tables import (
    BoughtOrder,
    Contact,
    ContactPoint,
    Customer,
    Interaction,
    MeetingSeries,
    SurveyAnswer,
)

# Ways to find the customer, and secrets of a link: they say nothing that is not said beside them.
LEFT_OUT = frozenset({"name_key", "phone_reversed", "reversed", "token_hash", "event_seq"})


def _kinds() -> tuple[Wipe, ...]:
    others = (("bought_orders", BoughtOrder), ("survey_answers", SurveyAnswer))
    return (
        Wipe("customers", Customer, of(Customer, "id")),
        *by_foreign_key(),
        *(Wipe(name, table, of(table)) for name, table in others),
    )


KINDS = _kinds()
KINDS_OF_CONTACT = (
    Wipe("contacts", Contact, of(Contact, "id")),
    Wipe("contact_points", ContactPoint, of(ContactPoint, "contact_id")),
    Wipe("interactions", Interaction, of(Interaction, "contact_id")),
    Wipe("meeting_series", MeetingSeries, of(MeetingSeries, "contact_id")),
)


def kinds_of(whom: Whom) -> tuple[Wipe, ...]:
    """Return the kinds of record that hold something of a customer, or of one contact of it alone."""
    return KINDS if whom.contact_id is None else KINDS_OF_CONTACT


def next_rows(
    work: Work, kind: Wipe, whom: Whom, after: Key | None
) -> tuple[list[dict[str, Any]], Key | None]:
    """Return the next records of a kind, and the key to go on from."""
    table = plain_table(kind.table)
    keys = list(table.primary_key.columns)
    query = select(table).where(kind.where(whom.ids[0])).order_by(*keys).limit(CHUNK)
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after) if len(keys) > 1 else keys[0] > after[0])
    found = [dict(row._mapping) for row in work.session.execute(query)]  # noqa: SLF001  # its name
    last = [found[-1][key.key] for key in keys] if len(found) == CHUNK else None
    shown = [{n: v for n, v in row.items() if n not in LEFT_OUT} for row in found]
    return shown, last


def file(work: Work, file_id: str) -> File:
    """Load the file that is being written, whoever's it is."""
    return work.session.get_one(File, file_id)
