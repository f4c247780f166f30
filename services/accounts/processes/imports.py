"""The import: a process whose step is a thousand rows, taken until the file is at its end."""

from dataclasses import dataclass, replace

from chassis.steps import Process, Step
from chassis.work import Work
from services.accounts.reads.imports import import_status
from services.accounts.tables import Import
from services.accounts.usecases import import_rows, imports, reverts, workbooks


@dataclass
class ImportState:
    """Which import it is; how far it is stands in its record, with the rows."""

    import_id: str
    run: int = 0  # it may be stopped, and go on as another process
    status: str = "running"
    by_fields: bool = (
        True  # its rows are held against the custom fields (usecases/import_custom.py)
    )


def _begin(work: Work, *, import_id: str) -> ImportState:
    job = import_status(work, import_id=import_id)
    return ImportState(job.id, job.runs or 0)


def _opened(_: Work, __: ImportState) -> None:
    """It was opened with its start; this step is there to be undone."""


def _collect(work: Work, state: ImportState) -> bool:
    _enter_entity(work, state)
    return workbooks.collect_rows(work, state.import_id)


def _rows(work: Work, state: ImportState) -> bool:
    _enter_entity(work, state)
    return import_rows.take_rows(work, state.import_id, by_fields=state.by_fields)


def _finish(work: Work, state: ImportState) -> None:
    _enter_entity(work, state)
    state.status = imports.finish_import(work, state.import_id)


def _failed(work: Work, state: ImportState) -> None:
    _enter_entity(work, state)
    imports.fail_import(work, state.import_id)


def _enter_entity(work: Work, state: ImportState) -> None:
    """Act in the entity that the import was started in; a service belongs to none."""
    entity_id = work.get(Import, state.import_id).entity_id
    work.origin = replace(work.origin, caller=replace(work.caller, entity_id=entity_id))


IMPORT = Process(
    kind=imports.PROCESS,
    state=ImportState,
    steps=(
        Step("opened", _opened, _failed),
        Step("collect", _collect),
        Step("rows", _rows),
        Step("finish", _finish),
    ),
    key=lambda state: f"{state.import_id}:{state.run}" if state.run else state.import_id,
    answer=lambda state: {"import_id": state.import_id, "status": state.status},
    begin=_begin,
)


def _back(work: Work, state: ImportState) -> bool:
    _enter_entity(work, state)
    return reverts.revert_rows(work, state.import_id)


def _taken_back(work: Work, state: ImportState) -> None:
    _enter_entity(work, state)
    reverts.finish_revert(work, state.import_id)


REVERT = Process(
    kind=reverts.PROCESS,
    state=ImportState,
    steps=(Step("rows", _back), Step("finish", _taken_back)),
    key=lambda state: state.import_id,
    answer=lambda state: {"import_id": state.import_id, "status": "reverted"},
    begin=_begin,
    is_passing=True,
)
