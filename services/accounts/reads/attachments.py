"""Questions about the files of an interaction: which, and what is in one."""

from sqlalchemy import Select, func, select

from chassis.errors import NotFound
from chassis.files import store
from chassis.files.tables import File
from chassis.work import Work
from services.accounts.tables import Interaction, InteractionFile


def interaction_files(work: Work, *, interaction_id: str) -> dict[str, object]:
    """Return the files of an interaction, by name."""
    work.get(Interaction, interaction_id)
    query = select(File).where(File.id.in_(_ids(interaction_id))).order_by(File.name, File.id)
    return {"files": list(work.session.scalars(query))}


def interaction_file(
    work: Work, *, interaction_id: str, file_id: str, start: int, size: int
) -> dict[str, object]:
    """Return bytes of a file of an interaction, whoever brought it.

    :raises NotFound: if the interaction has no such file.
    """
    work.get(Interaction, interaction_id)
    query = select(File).where(File.id == file_id, File.id.in_(_ids(interaction_id)))
    file = work.session.scalar(query)
    if file is None:
        raise NotFound("The interaction has no such file.", code="file.not_found")
    return store.read_piece(work, file, start, size)


def count_of(work: Work, interaction_id: str) -> int:
    """Return how many files an interaction has."""
    query = select(func.count()).where(InteractionFile.interaction_id == interaction_id)
    return work.session.scalar(query) or 0


def _ids(interaction_id: str) -> Select[str]:
    return select(InteractionFile.file_id).where(InteractionFile.interaction_id == interaction_id)
