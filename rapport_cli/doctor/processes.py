"""The processes: whether they take work, and whether their clocks and keys agree."""

import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from functools import partial

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from chassis.errors import Forbidden, Problem
from chassis.tokens import Signer, Verifier
from rapport_cli.doctor import remedies
from rapport_cli.doctor.findings import Finding, unseen, wrong
from rapport_cli.doctor.patient import Patient
from rapport_cli.house import Running

PROBE_SECONDS = 3.0
APART_SECONDS = 30.0
NO_PROCESSES = "No process is known here: use --house FILE."


def readiness(patient: Patient) -> Iterator[Finding]:
    """Ask every process that is known here whether it takes work."""
    if not patient.running:
        yield unseen(NO_PROCESSES)
    for one in _with_ops(patient):
        try:
            answer = _get(one, "/readyz")
            complaints = answer.json()["wrong"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            yield wrong(
                f"{one.name} does not answer at {one.ops_uri}; its log: {one.log}",
                remedies.PROCESS_DOWN,
            )
            continue
        for what, said in complaints.items():
            yield wrong(f"{one.name} is not ready, {what}: {said}", remedies.NOT_READY)


def clocks(patient: Patient) -> Iterator[Finding]:
    """Compare this machine's clock with those of the broker, the databases and the processes."""
    for whose, ask in _clocks(patient):
        try:
            ahead = ask() - time.time()
        except Problem as unasked:
            yield unseen(f"The clock of {whose}: {unasked.message}")
        except (httpx.HTTPError, SQLAlchemyError, KeyError, ValueError):
            yield unseen(f"The clock of {whose}: it does not answer.")
        else:
            if abs(ahead) > APART_SECONDS:
                way = "ahead of" if ahead > 0 else "behind"
                says = f"The clock of {whose} is {abs(ahead):.0f} s {way} this machine's."
                yield wrong(says, remedies.CLOCK_APART)


def keys(patient: Patient) -> Iterator[Finding]:
    """Sign with each process's own key and verify with the keys of everybody who must know it."""
    if not patient.running:
        yield unseen(NO_PROCESSES)
    known = [one for one in patient.running.values() if one.signing_key and one.public_keys]
    directories = {one.public_keys for one in known if one.public_keys}
    for one in known:
        signer = one.name.partition("-")[0]  # a replica signs as its service
        try:
            token = Signer(one.signing_key, signer).for_service(signer)  # type: ignore[arg-type]  # known has one
        except (OSError, ValueError):
            yield wrong(f"{one.signing_key} is no private key.", remedies.WRONG_KEY)
            continue
        for directory in sorted(directories):
            try:
                Verifier(directory, signer).verify(token)
            except (Forbidden, OSError) as refused:
                yield wrong(
                    f"What {one.name} signs is refused by the keys in {directory}: {refused}",
                    remedies.WRONG_KEY,
                )


def _clocks(patient: Patient) -> Iterator[tuple[str, Callable[[], float]]]:
    """Name every clock that can be asked, with what returns its seconds since the epoch."""
    yield "the broker", partial(_broker_clock, patient)
    for service in patient.services():
        url = patient.house.databases.get(service, "")
        if url.startswith("postgresql"):  # SQLite has no clock but ours
            yield f"the database of {service}", partial(_database_clock, url)
    for one in _with_ops(patient):
        yield one.name, partial(_clock_of, one)


def _with_ops(patient: Patient) -> list[Running]:
    return [one for one in patient.running.values() if one.ops_uri]


def _get(one: Running, path: str) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=PROBE_SECONDS) as client:
        return client.get(one.ops_uri + path)


def _broker_clock(patient: Patient) -> float:
    with patient.admin() as admin:
        return admin.now()


def _clock_of(one: Running) -> float:
    return parsedate_to_datetime(_get(one, "/readyz").headers["date"]).timestamp()


def _database_clock(url: str) -> float:
    place = make_url(url).set(drivername="postgresql+psycopg2")
    engine = create_engine(place, connect_args={"connect_timeout": int(PROBE_SECONDS)})
    try:
        with engine.connect() as connection:
            return float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")))
    finally:
        engine.dispose()
