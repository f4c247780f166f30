"""Chapter two: the customers come in, and what is wrong with the files is told."""

import base64
import csv
import hashlib
import io
import time
from dataclasses import dataclass
from typing import Any

from chassis.errors import Refused
from chassis.ids import new_id
from demo.faults import Fault, ImportFile, Planted, correct, plant
from demo.result import Import, Refusal
from demo.story.desk import Desk

PIECE_BYTES = 200_000
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one file."""

    rows: int
    created: int
    refused: dict[int, dict[str, str]]  # row -> what the file of refusals says of it
    refused_csv: bytes
    refused_whole: Refused | None = None


def bring_in(desk: Desk, customers: Any) -> Import:
    """Import customers: a dry run, then for real, then the corrected rows."""
    started = time.monotonic()
    planted = plant(customers)
    dry = [_import(desk, file, dry_run=True) for file in planted.files]
    real = [_import(desk, file) for file in planted.files]
    faults, again = [], 0
    for file, run in zip(planted.files, real, strict=True):
        corrected = correct(planted, file.name, run.refused_csv)
        second = _import(desk, corrected)
        again += second.created
        faults += [_refusal(fault, run, second, planted) for fault in planted.faults_of(file.name)]
    rows = sum(run.rows for run in real if run.refused_whole is None)
    result = Import(
        rows=rows,
        dry_run_refused=sum(len(run.refused) for run in dry),
        accepted=sum(run.created for run in real),
        refused=sum(len(run.refused) for run in real),
        accepted_after_correction=again,
        seconds=round(time.monotonic() - started, 2),
        faults=tuple(faults),
    )
    _tell(desk, result)
    return result


def _tell(desk: Desk, result: Import) -> None:
    fact = desk.console.fact
    fact("dry run", f"{result.rows} rows, {result.dry_run_refused} refused, nothing written")
    fact("for real", f"{result.accepted} created, {result.refused} refused with their reasons")
    for fault in result.faults:
        place = fault.file if fault.row is None else f"row {fault.row}, {fault.column}"
        fact("", f"{place}: {fault.refused_as or 'LET IN'}")
    fact("corrected and sent again", f"{result.accepted_after_correction} created")


def _import(desk: Desk, file: ImportFile, *, dry_run: bool = False) -> Run:
    file_id = new_id()
    for number, start in enumerate(range(0, len(file.content), PIECE_BYTES)):
        piece = base64.b64encode(file.content[start : start + PIECE_BYTES]).decode()
        upload = {"file_id": file_id, "number": number, "content": piece}
        desk.call("accounts.upload_file", upload)
    digest = hashlib.sha256(file.content).hexdigest()
    try:
        plan = {"file_id": file_id, "sha256": digest, "dry_run": dry_run}
        started = desk.call("accounts.start_import", plan)
    except Refused as whole:
        return Run(0, 0, {}, b"", refused_whole=whole)
    status = _await(desk, started["import_id"])
    refused_csv = _refused_csv(desk, started["import_id"])
    return Run(status["done_rows"], status["created"], _refused_rows(refused_csv), refused_csv)


def _await(desk: Desk, import_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        desk.call("accounts.await_import", {"import_id": import_id})
        status: dict[str, Any] = desk.call("accounts.import_status", {"import_id": import_id})
        desk.console.progress(f"{status['done_rows']} rows read")
        if status["status"] == "finished":
            return status
        if time.monotonic() > deadline:
            raise TimeoutError(f"the import {import_id} does not end")


def _refused_csv(desk: Desk, import_id: str) -> bytes:
    text, after = "", None
    while True:
        page: dict[str, str | None] = desk.call(
            "accounts.import_refusals", {"import_id": import_id, "after": after}
        )
        text += page["csv"] or ""
        after = page.get("next")
        if after is None:
            return text.encode()


def _refused_rows(refused_csv: bytes) -> dict[int, dict[str, str]]:
    text = io.StringIO(refused_csv.decode("utf-8-sig"), newline="")
    return {int(row["refused_row"]): row for row in csv.DictReader(text)}


def _refusal(fault: Fault, run: Run, second: Run, planted: Planted) -> Refusal:
    if fault.row is None:
        whole = run.refused_whole
        code, told = (whole.code, whole.message) if whole else (None, "")
        size = sum(1 for row in planted.truth.values() if not row.name.isascii())
        return Refusal(
            fault.file, None, None, fault.reason, code, told, corrected=second.created == size
        )
    found = run.refused.get(fault.row, {})
    still = {row["external_id"] for row in second.refused.values()}
    return Refusal(
        file=fault.file,
        row=fault.row,
        column=found.get("refused_column") or fault.column,
        expected=fault.reason,
        refused_as=found.get("refused_code"),
        message=found.get("refused_reason", ""),
        corrected=fault.external_id not in still,
    )
