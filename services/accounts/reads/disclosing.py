"""What accounts keeps of a customer, table by table, for whoever asks what we know of them (ADR 0028)."""

from collections.abc import Iterable

from sqlalchemy import tuple_

from chassis.aliases import CONTACT
from chassis.cursors import read_cursor, write_cursor
from chassis.disclosing import Disclosing, Part
from chassis.files.tables import File, FilePiece
from chassis.identities import Identities
from chassis.leaves import Leaf, leaf
from chassis.moving import CHUNK
from chassis.tables import MOVED
from chassis.wiping import plain_table
from chassis.work import Work
from services.accounts.reads import strangers
from services.accounts.reads.belongings import foreign_keys
from services.accounts.tables import (
    AllocationItem,
    AssetOrder,
    BoughtOrder,
    Contact,
    Customer,
    ImportImage,
    ImportRefusal,
    ImportRow,
    Interaction,
    InteractionFile,
    Merge,
    MergedCustomer,
    MergeMember,
    PrivacyRequest,
)

_ATTACHED = Part(InteractionFile, "interaction_id", Part(Interaction), key="file_id")
_MERGES = Part(MergeMember, key="merge_id")
_REFUSAL = plain_table(ImportRefusal)


def _parts() -> Iterable[Part]:
    """Return all that refers to a customer by a foreign key, and what does without one."""
    yield Part(Customer, "id")
    for table, column in foreign_keys():
        yield Part(table, str(column.key), person="id" if table is Contact else CONTACT)
    for table in (AllocationItem, ImportImage, ImportRefusal, ImportRow, PrivacyRequest):
        yield Part(table)
    yield Part(AssetOrder, "order_id", Part(BoughtOrder, key="order_id"))
    yield _MERGES
    yield Part(Merge, "id", _MERGES)
    yield Part(MergedCustomer, "now_id")
    yield Part(MOVED, "task_id", _MERGES)
    yield _ATTACHED
    yield Part(File, "id", _ATTACHED)
    yield Part(FilePiece, "file_id", _ATTACHED, at_once=1)  # each nearly fills an answer


def _refused(work: Work, who: Identities, chunk: str) -> tuple[list[Leaf], str]:
    """Find the next refused rows of imports that no customer came of and that say who it is."""
    after = read_cursor(chunk, [str, int]) if chunk else None
    found = strangers.refused(work, who, after, CHUNK)
    theirs = [
        (one.import_id, one.number)
        for one, job in found
        if one.customer_id is None and strangers.says(who, one, job.system)
        and job.entity_id == work.caller.entity_id
    ]  # fmt: skip
    keys = tuple_(_REFUSAL.c.import_id, _REFUSAL.c.number)
    last = found[-1][0] if len(found) == CHUNK else None
    more = "" if last is None else write_cursor([last.import_id, last.number])
    return [leaf(_REFUSAL, keys.in_(theirs))], more


DISCLOSING = Disclosing(
    home=Customer,
    parts=tuple(_parts()),
    left_out={
        "custom_index": "found by; the values stand in the records",
        "search_terms": "found by; made from what customers and contacts are called",
        "import_keys": "of a file, not of a customer: against entering a row twice",
    },
    internal=frozenset(
        {
            "name_key",
            "phone_reversed",
            "reversed",
            "token_hash",
            "standing_key",
            "record_key",
            "customer_version",
        }
    ),
    strays=_refused,
)
