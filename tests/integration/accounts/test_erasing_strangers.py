"""Rows and files of imports that name who is erased, though no customer came of them (pain point 24)."""

import pytest
from sqlalchemy import insert, update

from chassis.tables import PROCESSES, TIMERS
from tests.support.accounts import Desk, a_customer, a_file, a_row
from tests.support.merging import FOLLOWERS
from tests.support.persons import MAIL, NAME, PHONE, SECRET, erase, followed, found_in, verified

BAD = {"country": "?"}  # such a row is refused
OTHER = a_row(8, name="Olga Other", email="olga@other.org", phone="+12125550008", **BAD)


def _a_person(desk: Desk) -> str:
    known = {"name": NAME, "email": MAIL, "phone": PHONE, "external_ids": {"shop": SECRET}}
    return str(a_customer(desk, **known)["customer_id"])


@pytest.fixture
def person(desk: Desk) -> str:
    """A customer who was entered by hand."""
    return _a_person(desk)


def _erased(desk: Desk, customer_id: str) -> dict[str, int]:
    """Erase a customer, let everybody answer, and return what accounts counts."""
    request_id = erase(desk, customer_id)
    followed(desk, request_id, *FOLLOWERS)
    certificate = desk.ask("erasure_certificate", request_id=request_id)
    return dict(certificate["services"]["accounts"])


def _refused(desk: Desk, *rows: str, **plan: object) -> None:
    """Import a file whose rows are all refused."""
    done = desk.imported(a_file(*rows), **plan)
    assert done["refused"] == len(rows)


def _raw(desk: Desk) -> list[bytes]:
    with desk.runtime.database.engine.connect() as connection:
        query = "SELECT raw FROM import_refusals ORDER BY import_id, number"
        return [bytes(row.raw) for row in connection.exec_driver_sql(query)]


class TestRefusedRows:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    @pytest.mark.parametrize(
        "said",
        [{"email": MAIL.upper()}, {"phone": "(212) 555-7733"}, {"external_id": SECRET}],
        ids=["mail", "phone", "key"],
    )
    def test_are_emptied_and_their_file_goes(
        self, desk: Desk, person: str, said: dict[str, str]
    ) -> None:
        stranger = {"name": "N. N.", "email": "n@n.org", "phone": "+12125550009"} | said
        _refused(desk, a_row(7, **stranger, **BAD), OTHER, system="shop")
        assert desk.count("files") == 1

        counts = _erased(desk, person)

        assert found_in(desk.runtime.database.engine) == []
        assert (counts["import_refusals"], counts["files"]) == (1, 1)
        assert [bool(raw) for raw in _raw(desk)] == [False, True]

    def test_of_others_stay_with_their_file(self, desk: Desk, person: str) -> None:
        _refused(desk, OTHER, system="shop")

        counts = _erased(desk, person)

        assert (counts["import_refusals"], counts["files"]) == (0, 0)
        assert desk.count("files") == 1
        assert b"Olga Other" in _raw(desk)[0]


class TestFilesThatWereTried:
    """Nobody knows who stands in a file that was only tried."""

    def test_go_with_their_keys(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1, name=NAME, email=MAIL, phone=PHONE)), dry_run=True)
        assert {"import_keys.key", "file_pieces.content"} <= set(
            found_in(desk.runtime.database.engine)
        )
        person = _a_person(desk)

        _erased(desk, person)

        assert found_in(desk.runtime.database.engine) == []
        assert desk.count("files") == 0

    def test_that_are_being_imported_meanwhile_stay(self, desk: Desk, person: str) -> None:
        brought = desk.upload(a_file(a_row(3)))
        desk.ask("start_import", **brought, dry_run=True)
        desk.run()
        desk.ask("start_import", **brought)

        _erased(desk, person)

        assert desk.count("files") == 1

    def test_are_waited_for(self, desk: Desk, person: str) -> None:
        desk.start(a_file(a_row(1, name=NAME, email=MAIL, phone=PHONE)), dry_run=True)
        request = verified(desk, person, "erasure")

        desk.ask("erase_customer", request_id=request["id"], version=request["version"])
        waiting = desk.count("processes", "WHERE kind = 'erase_customer' AND status = 'running'")
        desk.run()
        with desk.runtime.database.begin() as session:
            session.execute(update(PROCESSES).values(next_try=0.0))
        desk.run()
        followed(desk, request["id"], *FOLLOWERS)

        assert waiting == 1
        assert desk.count("processes", "WHERE kind = 'erase_customer' AND status = 'done'") == 1
        assert found_in(desk.runtime.database.engine, "outbox") == []


class TestTimers:
    def test_that_are_of_the_person_or_name_it_go(self, desk: Desk, person: str) -> None:
        due = {"kind": "some.kind", "due": desk.runtime.clock.now(), "attempts": 0, "next_try": 0.0}
        timers = [
            due | {"id": "t1", "key": person, "data": "{}"},
            due | {"id": "t2", "key": "k2", "data": f'{{"customer_id":"{person}"}}'},
            due | {"id": "t3", "key": "k3", "data": "{}"},
        ]
        with desk.runtime.database.begin() as session:
            session.execute(insert(TIMERS), timers)

        _erased(desk, person)

        assert desk.count("timers", "WHERE kind = 'some.kind'") == 1
        assert desk.count("timers", "WHERE id = 't3'") == 1
