"""What accounts holds of a customer, table by table, and what an erasure does with it (ADR 0024)."""

from sqlalchemy import ColumnElement, Select, Table, null, or_, select

from chassis.custom.tables import CUSTOM_INDEX
from chassis.erasures import Erasing
from chassis.images import table_of
from chassis.tables import MOVED, Base
from chassis.wiping import Wipe, of, through
from services.accounts.reads.belongings import foreign_keys
from services.accounts.reads.strangers import tried
from services.accounts.tables import (
    BoughtOrder,
    Contact,
    Department,
    ImportImage,
    ImportKey,
    ImportRefusal,
    ImportRow,
    Interaction,
    InteractionFile,
    Merge,
    MergedCustomer,
    MergeMember,
    SearchTerm,
    SurveyAnswer,
)

# Tables that no wipe touches, though a customer's id or something personal stands in them, and why.
STAYS = {
    "customers": "the row itself goes last, when nothing refers to it any more",
    "aliases": "ids: an old id still leads to who was erased, and is refused",
    "erased_customers": "ids: who is refused",
    "privacy_requests": "ids: the request and its certificate",
    "acknowledgements": "counts",
    "erased_identities": "until every service has answered: usecases.erasing",
    "followings": "counts; of other services",
    "allocation_items": "ids: what became of a batch",
    "merge_members": "ids: what became of a merge",
    "import_rows": "ids and codes: the verdict on a row",
    "audit": "who, when and what kind; the values stand in audit_values",
    "audit_values": "by chassis.erasing, record by record, and by chassis.forgetting for rows gone",
    "idempotency": "by chassis.forgetting: the answers that name who was erased",
    "processes": "by chassis.forgetting: the finished ones that name who was erased",
    "outbox": "what was told is deleted when the broker has it; the erasure waits for nobody",
    "timers": "of records that are wiped, with them; those that name a customer by chassis.forgetting",
    "exports": "filters and notes in which the person's words stand: usecases.erasing",
    "files": "of interactions, imports, exports and requests: usecases.erasing",
    "file_pieces": "with their files",
    "custom_fields": "definitions of the house, about nobody",
    "staff": "our own people, not customers",
    "absences": "our own people, not customers",
}
_IMPORT_KEYS = table_of(ImportKey).c.import_id
_MERGES = select(MergeMember.merge_id)


def _of_merge(id_: str) -> Select[str]:
    return _MERGES.where(MergeMember.customer_id == id_)


def _imported(id_: str) -> Select[str]:
    return select(ImportRow.import_id).where(ImportRow.customer_id == id_)


def by_foreign_key() -> list[Wipe]:
    """Return all that refers to a customer; what others refer to goes last."""
    order = [table.name for table in reversed(Base.metadata.sorted_tables)]
    found = sorted(foreign_keys(), key=lambda one: order.index(str(one[1].table)))
    return [
        Wipe(str(column.table), table, of(table, column.key), goes=True) for table, column in found
    ]


def _indexed() -> Wipe:
    found, contacts = CUSTOM_INDEX.c.record_id, select(Contact.id)

    def where(id_: str) -> ColumnElement[bool]:
        return or_(found == id_, found.in_(contacts.where(Contact.customer_id == id_)))

    return Wipe("custom_index", CUSTOM_INDEX, where, goes=True)


def _wipes() -> tuple[Wipe, ...]:
    return (
        _indexed(),
        Wipe("search_terms", SearchTerm, of(SearchTerm), goes=True),
        Wipe("interaction_files", InteractionFile,
             through(InteractionFile, "interaction_id", Interaction), goes=True),
        # Trees are taken apart first: a part may not go before what stands below it.
        Wipe("departments.parent_id", Department, of(Department), blanks={"parent_id": null()}),
        Wipe("contacts.reports_to_id", Contact, of(Contact), blanks={"reports_to_id": null()}),
        *by_foreign_key(),
        Wipe("bought_orders", BoughtOrder, of(BoughtOrder), goes=True),
        Wipe("survey_answers", SurveyAnswer, of(SurveyAnswer), goes=True),
        Wipe("import_images", ImportImage, of(ImportImage), goes=True),
        Wipe("import_refusals", ImportRefusal, of(ImportRefusal), blanks={"raw": b""}),
        Wipe("import_keys", ImportKey, lambda id_: _IMPORT_KEYS.in_(_imported(id_)), goes=True),
        Wipe("import_keys", ImportKey, tried, goes=True),
        Wipe("moved", MOVED, lambda id_: MOVED.c.task_id.in_(_of_merge(id_)), goes=True),
        Wipe("merges", Merge, lambda id_: Merge.id.in_(_of_merge(id_))),
        Wipe("merged_customers", MergedCustomer, of(MergedCustomer, "now_id"), goes=True),
    )  # fmt: skip


WIPES = _wipes()
ERASING = Erasing(
    wipes=WIPES,
    own_processes=("erase_customer",),
    own_records=("privacy_requests",),
)


def touched(wipes: tuple[Wipe, ...] = WIPES) -> set[str]:
    """Return the tables that an erasure wipes."""
    return {
        (one.table if isinstance(one.table, Table) else table_of(one.table)).name for one in wipes
    }
