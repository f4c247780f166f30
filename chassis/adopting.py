"""Take over what a process of the release before wrote into the trail: its values lie beside it.

While processes are replaced one by one, the older ones write rows that commit to nothing. This room goes
with the column ``changes`` in the release after.
"""

from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from chassis import chain
from chassis.bulk import insert_many
from chassis.tables import AUDIT, AUDIT_VALUES

_A = AUDIT.c
NONE = ""  # the commitment of a row that commits to nothing
# The values of a row, wherever they lie.
CHANGES = func.coalesce(AUDIT_VALUES.c.changes, _A.changes)
_COMMIT = (
    update(AUDIT)
    .where(_A.position == bindparam("its_position"))
    .values(commitment=bindparam("its_commitment"), changes=None)
)


def adopt(session: Session, *which: Any) -> None:
    """Let the rows that match commit to their values, and put these apart."""
    mine = select(_A.position, _A.changes).where(_A.commitment == NONE, *which)
    rows = session.execute(mine.order_by(_A.position)).all()
    if not rows:
        return
    values, commitments = [], []
    for (position, written), salt in zip(rows, chain.salts(len(rows)), strict=True):
        changes = written or "{}"  # whoever wrote neither was no release of ours
        values.append({"position": position, "salt": salt, "changes": changes})
        commitment = chain.commitment(salt, changes)
        commitments.append({"its_position": position, "its_commitment": commitment})
    session.connection().execute(_COMMIT, commitments)
    insert_many(session, AUDIT_VALUES, values)
