"""Files of customers that are brought in while things fail."""

import base64
import csv
import io
from collections.abc import Collection, Iterator
from random import Random
from typing import Any, ClassVar

from chaos.ledger import Entry
from chaos.load import files
from chaos.load.counting import copied, never, once
from chaos.load.files import File
from chaos.stage import Stage

SYSTEM = "chaos"  # whose keys the external ids are
DRY = 0.2  # the share of runs that may enter nothing
COUNTS = ("created", "updated", "unchanged", "refused")

JOBS = "select id, status, dry_run, created, updated, unchanged, refused from imports"
KEYS = f"select key, customer_id from external_ids where system = '{SYSTEM}'"
MAILS = "select email from customers where email like '%@files.example'"
ROWS = "select import_id, number, verdict, customer_id from import_rows"
REFUSALS = "select import_id, number, code from import_refusals"


class Imports:
    """Upload a file in pieces, start a run over it, and wait until it has ended."""

    name: ClassVar[str] = "imports"
    needs: ClassVar[frozenset[str]] = frozenset({"accounts"})
    per_second: ClassVar[float] = 0.3

    def set_up(self, stage: Stage) -> None:
        """It needs nothing but accounts."""
        self._known: str | None = None
        self._doubtful: set[str] = set()  # begun, and nobody knows whether it was started

    def step(self, stage: Stage, dice: Random) -> None:
        """Bring one file in."""
        mark = f"f-{dice.getrandbits(64):016x}"
        file, is_dry = files.write(mark, self._known, dice), dice.random() < DRY
        self._doubtful.add(mark)
        _upload(stage, mark, file)
        which = {"file_id": mark, "sha256": file.sha256}
        plan = which | {"system": SYSTEM, "mode": "create", "dry_run": is_dry}
        import_id = stage.ask("accounts.start_import", plan, key=f"start-{mark}")["import_id"]
        stage.ledger.note(
            "import.started",
            import_id,
            dry=is_dry,
            good={str(number): id_ for number, id_ in file.good.items()},
            refused={str(number): code for number, code in file.refused.items()},
        )
        self._doubtful.remove(mark)
        stage.ask("accounts.await_import", {"import_id": import_id})
        status = stage.ask("accounts.import_status", {"import_id": import_id})
        counts = {name: status[name] for name in COUNTS}
        stage.ledger.note("import.told", import_id, **counts, refusals=_refusals(stage, import_id))
        if not is_dry:
            self._known = next(iter(file.good.values()), None)

    def settled(self, stage: Stage) -> bool:
        """Each is a process, which is waited for wherever it runs."""
        return True

    def wrong(self, stage: Stage) -> Iterator[str]:
        """Hold every row of every file against customers, copies and refusals."""
        started = list(stage.ledger.of("import.started"))
        jobs = {row["id"]: row for row in stage.rows("accounts", JOBS)}
        yield from once("import", {entry.id for entry in started}, jobs)
        told = {entry.id: entry for entry in stage.ledger.of("import.told")}
        for entry in started:
            if entry.id in jobs:
                yield from wrong_counts(entry, jobs[entry.id], told.get(entry.id))
        yield from _wrong_rows(stage, started)
        yield from _wrong_customers(stage, started, self._doubtful)


def wrong_counts(started: Entry, job: Any, told: Entry | None) -> Iterator[str]:
    """Yield it if a run has not ended, counts otherwise than its file has rows, or was told so."""
    good, refused = started.facts["good"], started.facts["refused"]
    wanted: dict[str, object] = dict.fromkeys(COUNTS, 0)
    wanted |= {"created": len(good), "refused": len(refused)}
    if job["status"] != "finished":
        yield f"the import {started.id} is {job['status']}"
    found = {name: job[name] for name in COUNTS}
    if found != wanted:
        yield f"the import {started.id} counts {found}, not {wanted}"
    if told is not None and told.facts != wanted | {"refusals": refused}:
        yield f"the import {started.id} was told with {told.facts}"


def _wrong_rows(stage: Stage, started: list[Entry]) -> Iterator[str]:
    """Hold the verdict on each row against what the file deserved."""
    good = {f"{one.id}.{number}" for one in started for number in one.facts["good"]}
    codes = {
        f"{one.id}.{number}: {code}"
        for one in started
        for number, code in one.facts["refused"].items()
    }
    known = {one.id for one in started}
    rows = [row for row in stage.rows("accounts", ROWS) if row["import_id"] in known]
    entered = [f"{row['import_id']}.{row['number']}" for row in rows if row["verdict"] == "created"]
    yield from once("entered row", good, entered)
    yield from never("entered row", set(entered) - good, entered)
    said = [
        f"{row['import_id']}.{row['number']}: {row['code']}"
        for row in stage.rows("accounts", REFUSALS)
        if row["import_id"] in known
    ]
    yield from once("refusal", codes, said)
    yield from never("refusal", set(said) - codes, said)


def _wrong_customers(
    stage: Stage, started: list[Entry], doubtful: Collection[str]
) -> Iterator[str]:
    """Yield the rows that are no customer, or two, and the customers that no row deserved."""
    wanted = {key for one in started if not one.facts["dry"] for key in one.facts["good"].values()}
    every = stage.rows("accounts", KEYS)
    rows = [row for row in every if row["key"].rpartition("-")[0] not in doubtful]
    keys = [row["key"] for row in rows]
    yield from once("imported customer", wanted, keys)
    yield from never("imported customer", set(keys) - wanted, keys)
    mails = [row["email"].partition("@")[0] for row in stage.rows("accounts", MAILS)]
    yield from once("mail of an imported customer", wanted, mails)
    yield from copied(stage, {row["customer_id"] for row in rows if row["key"] in wanted})


def _upload(stage: Stage, file_id: str, file: File) -> None:
    """Bring the pieces, each twice: the second time it is another command about the same piece."""
    for number, piece in enumerate(file.halves()):
        content = base64.b64encode(piece).decode()
        upload = {"file_id": file_id, "number": number, "content": content}
        for attempt in ("first", "again"):
            key = f"{attempt}-{file_id}-{number}"
            stage.ask("accounts.upload_file", upload, key=key)


def _refusals(stage: Stage, import_id: str) -> dict[str, str]:
    """Read the file of refused rows: row -> code."""
    page = stage.ask("accounts.import_refusals", {"import_id": import_id})
    text = io.StringIO(page["csv"], newline="")
    return {row["refused_row"]: row["refused_code"] for row in csv.DictReader(text)}
