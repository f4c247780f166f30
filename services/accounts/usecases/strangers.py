"""Forget the rows and files of imports that name who is erased, though no customer came of them."""

from collections.abc import Sequence

from chassis.erasing import erase_values, overwrite
from chassis.errors import Unavailable
from chassis.files import store
from chassis.moving import CHUNK, Key
from chassis.work import Work
from services.accounts.domain.imports import Status
from services.accounts.reads import strangers as reads

REFUSALS, FILES = "import_refusals", "files"  # in the counts
_UNDER_WAY = (Status.RUNNING, Status.REVERTING)


def forget_strangers(
    work: Work, request_id: str, after: Key | None, counts: dict[str, int]
) -> Key | None:
    """Empty the next refused rows that say who is erased; the files that they stood in go.

    :raises Unavailable: if such a file is still being read, or one is tried.
    """
    _demand_ended(reads.trials(work))
    who = reads.who_is_erased(work, request_id)
    found = reads.refused(work, who, after, CHUNK)
    theirs = [(one, job) for one, job in found if reads.says(who, one, job.system)]
    _demand_ended([job.id for _, job in theirs if job.status in _UNDER_WAY])
    overwrite(work)
    for one, _ in theirs:
        one.raw = b""
    _count(counts, REFUSALS, len(theirs))
    _count(counts, FILES, drop(work, reads.files_of(work, [job for _, job in theirs])))
    return [found[-1][0].import_id, found[-1][0].number] if len(found) == CHUNK else None


def drop(work: Work, file_ids: Sequence[str]) -> int:
    """Delete files and what the trail says of them; return how many."""
    for file_id in file_ids:
        store.forget(work, key=file_id, data={})
        work.cancel(store.EXPIRED, file_id)
    erase_values(work, [("files", file_id) for file_id in file_ids])
    return len(file_ids)


def _demand_ended(import_ids: list[str]) -> None:
    if import_ids:
        raise Unavailable(
            "An import that may hold who is erased is not at its end yet.",
            code="accounts.privacy.import_open",
            detail={"imports": import_ids},
        )


def _count(counts: dict[str, int], name: str, more: int) -> None:
    counts[name] = counts.get(name, 0) + more
