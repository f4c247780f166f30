"""What accounts holds of one contact of a customer, and what an erasure does with it (ADR 0027)."""

from typing import Any

from sqlalchemy import ColumnElement, null, select

from chassis.custom.tables import CUSTOM_INDEX
from chassis.erasures import Erasing
from chassis.images import table_of
from chassis.tables import MOVED, Base
from chassis.wiping import Where, Wipe, of, through
from chassis.work import Work
from services.accounts.reads.strangers import tried
from services.accounts.tables import (
    Contact,
    ContactPoint,
    Flag,
    ImportImage,
    ImportKey,
    ImportRow,
    Interaction,
    InteractionFile,
    MeetingSeries,
    Merge,
    MergedCustomer,
    MergeMember,
    Nda,
    Relationship,
    SearchTerm,
    Trait,
)


def _imported(id_: str) -> ColumnElement[bool]:
    """Match the keys of imports that had a row of the contact's customer."""
    customer = select(Contact.customer_id).where(Contact.id == id_).scalar_subquery()
    jobs = select(ImportRow.import_id).where(ImportRow.customer_id == customer)
    return table_of(ImportKey).c.import_id.in_(jobs)


# What is the contact's own goes; what the customer and the contact did together stays the customer's,
# without a word of it. Nobody meets who is erased any more.
OF_CONTACT = (
    Wipe("custom_index", CUSTOM_INDEX, of(CUSTOM_INDEX, "record_id"), goes=True),
    Wipe("search_terms", SearchTerm, of(SearchTerm, "record_id"), goes=True),
    Wipe("interaction_files", InteractionFile,
         through(InteractionFile, "interaction_id", Interaction, "contact_id"), goes=True),
    Wipe("interactions", Interaction, of(Interaction, "contact_id"), blanks={"contact_id": null()}),
    Wipe("meeting_series", MeetingSeries, of(MeetingSeries, "contact_id"),
         blanks={"contact_id": null(), "active": False}),
    Wipe("contact_points", ContactPoint, of(ContactPoint, "contact_id"), goes=True),
    Wipe("import_keys", ImportKey, _imported, goes=True),
    Wipe("import_keys", ImportKey, tried, goes=True),
    Wipe("contacts", Contact, of(Contact, "id"), goes=True),
)  # fmt: skip


def _of_merges(column: Any) -> Where:
    members = select(MergeMember.merge_id)
    return lambda id_: column.in_(members.where(MergeMember.customer_id == id_))


# Where people write of a customer, and so of its contacts: what says the contact loses its words.
SAID = (
    Wipe("interactions", Interaction, of(Interaction)),
    Wipe("meeting_series", MeetingSeries, of(MeetingSeries)),
    Wipe("contact_points", ContactPoint, of(ContactPoint), only=("label",)),
    Wipe("flags", Flag, of(Flag)),
    Wipe("ndas", Nda, of(Nda), only=("note",)),
    Wipe("relationships", Relationship, of(Relationship)),
    Wipe("relationships", Relationship, of(Relationship, "other_id")),
    Wipe("traits", Trait, of(Trait)),
    Wipe("import_images", ImportImage, of(ImportImage), goes=True),
    Wipe("moved", MOVED, _of_merges(MOVED.c.task_id), goes=True),
    Wipe("merges", Merge, _of_merges(Merge.id)),
    Wipe("merged_customers", MergedCustomer, of(MergedCustomer, "now_id"), only=("image",)),
)
ERASING = Erasing(
    wipes=OF_CONTACT,
    own_processes=("erase_customer",),
    # What is the customer's, or another contact's, may name the contact by an id that says nothing now.
    own_records=("privacy_requests", "contacts", "customers", "merges"),
)


def reporting_to(work: Work, contact_id: str, limit: int) -> list[Contact]:
    """Return the next who report to a contact."""
    query = select(Contact).where(Contact.reports_to_id == contact_id).order_by(Contact.id)
    return list(work.session.scalars(query.limit(limit).with_for_update()))


def naming() -> set[str]:
    """Return every column that refers to a contact by a foreign key."""
    contacts = table_of(Contact)
    return {
        f"{table.name}.{column.key}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table is contacts for key in column.foreign_keys)
    }
