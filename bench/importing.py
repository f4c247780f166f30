"""Import customers in accounts, chunk by chunk: ``python -m bench.importing JSON``."""

import bench.green  # noqa: F401  # eventlet patches the standard library before anything imports it

# isort: split
import csv
import hashlib
import io
import time
from pathlib import Path

from sqlalchemy import func, select

from bench.child import config, serve
from bench.housing import bare_runtime_of
from chassis import migrate, processes
from chassis.files import store
from chassis.files.store import Label
from chassis.logs import configure
from chassis.origin import internal
from chassis.runtime import Runtime
from services.accounts.domain.imports import Plan
from services.accounts.processes.imports import IMPORT
from services.accounts.tables import Import
from services.accounts.usecases import imports

HEADER = (
    "external_id", "kind", "name", "email", "phone", "language", "segment", "country", "state",
    "city", "postal_code", "region", "customer_since", "derived",
)  # fmt: skip


SEGMENTS = ("Consumer", "Corporate", "Home Office")
STATES = ("Ohio", "Texas", "Oregon", "Maine", "Utah")


def phone_of(number: int) -> str:
    """Return the number of a customer: none has another's."""
    return f"+49302{number:07d}"


def customers_csv(first: int, count: int) -> bytes:
    """Write so many customers, all different."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for number in range(first, first + count):
        writer.writerow(
            (
                f"C-{number:08d}", "person", f"Ada Fletcher {number}",
                f"ada.fletcher.{number}@example.com", phone_of(number), "en",
                SEGMENTS[number % len(SEGMENTS)], "US", STATES[number % len(STATES)], "Columbus",
                "43229", "East", "2016-05-13", "email phone language",
            )
        )  # fmt: skip
    return out.getvalue().encode()


def take(runtime: Runtime, first: int, count: int) -> dict[str, float]:
    """Import so many customers; return wall and processor seconds, all created, and peak memory."""
    origin, file_id = internal("accounts", "bench"), f"file-{first}"
    content = customers_csv(first, count)
    label = Label("customers.csv", "text/csv")
    for number, start in enumerate(range(0, len(content), store.PIECE_BYTES)):
        piece = content[start : start + store.PIECE_BYTES]
        with runtime.working(origin) as work:
            store.upload(work, file_id=file_id, number=number, content=piece, label=label)
    digest = hashlib.sha256(content).hexdigest()
    processor, begun = time.process_time(), time.perf_counter()
    with runtime.working(origin) as work:
        imports.start_import(work, file_id=file_id, sha256=digest, plan=Plan())
    while processes.resume_due(runtime):  # as the leader does it, in rounds of bounded length
        continue
    seconds, processor = time.perf_counter() - begun, time.process_time() - processor
    with runtime.database.reading() as session:
        created = session.scalar(select(func.sum(Import.created))) or 0
    return {"seconds": seconds, "processor": processor, "created": created, "peak": peak_mib()}


def peak_mib() -> float:
    """Return the most memory that this process has had."""
    (line,) = (
        one for one in Path("/proc/self/status").read_text().splitlines() if one[:6] == "VmHWM:"
    )
    return int(line.split()[1]) / 1024


def main() -> None:
    """Serve."""
    given = config()
    configure("accounts", "INFO")
    migrate.upgrade("accounts", given["url"])
    runtime = bare_runtime_of("accounts", given, pool_size=5)
    runtime.processes[IMPORT.kind] = IMPORT
    serve(take=lambda first, count: take(runtime, first, count))


if __name__ == "__main__":
    main()
