"""Let a file belong to an interaction."""

from chassis.errors import Conflict
from chassis.files import store
from chassis.work import Work
from services.accounts.domain.interactions import MAX_FILES
from services.accounts.reads import attachments as reads
from services.accounts.tables import Interaction, InteractionFile


class TooManyFiles(Conflict):
    """Refuse more files than an interaction may have."""

    code = "accounts.interaction.too_many_files"


def attach_file(work: Work, *, interaction_id: str, file_id: str, sha256: str) -> dict[str, object]:
    """Let a file that the caller brought belong to an interaction; again is harmless.

    From now on it stays as long as the interaction, and whoever sees that may read it.

    :raises FileDamaged: if the file's SHA-256 is not this one.
    :raises TooManyFiles: if the interaction has as many as it may have.
    """
    interaction = work.get(Interaction, interaction_id)
    file = store.whole(work, store.mine(work, file_id), sha256)
    row = {"interaction_id": interaction.id, "file_id": file.id}
    is_new = work.insert_once(InteractionFile.__table__, row)
    if is_new and reads.count_of(work, interaction.id) > MAX_FILES:
        raise TooManyFiles(f"An interaction has at most {MAX_FILES} files.")
    store.keep(work, file)
    return row | {"attached": is_new}
