"""Customers from files: checked row by row, resumed after any death, corrected and brought again."""

import base64
import contextlib
import csv
import io
import threading

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion, Unavailable
from services.accounts.domain.imports import MAX_CHUNK_BYTES
from services.accounts.usecases import import_rows
from tests.support.accounts import (
    HEADER,
    Desk,
    a_customer,
    a_file,
    a_row,
    a_staff,
    a_territory,
)

COUNTS = ("created", "updated", "unchanged", "refused")


def counts(status: dict[str, object]) -> tuple[object, ...]:
    return tuple(status[name] for name in COUNTS)


def refusals(desk: Desk, import_id: object) -> list[dict[str, str]]:
    text, after = "", None
    while True:
        page = desk.ask("import_refusals", import_id=import_id, after=after, limit=2)
        text += page["csv"]
        after = page["next"]
        if after is None:
            return list(csv.DictReader(io.StringIO(text, newline="")))


def take(desk: Desk, import_id: str) -> bool:
    """Take one chunk, in its own transaction, as the process does."""
    with desk.work() as work:
        return import_rows.take_rows(work, import_id)


@pytest.mark.spec("ACC-02", "ACC-12")
class TestImport:
    def test_enters_customers_with_territory_owner_and_marks(self, desk: Desk) -> None:
        east = a_territory(desk, "New York")
        rita = a_staff(desk, name="Rita", territory_ids=[east])["id"]

        status = desk.imported(a_file(a_row(1), a_row(2, state="Oregon")))

        assert counts(status) == (2, 0, 0, 0)
        assert (status["status"], status["done_bytes"]) == ("finished", status["total_bytes"])
        found = desk.ask("find_records", kind="customer", sort="number")["items"]
        assert [one["number"] for one in found] == ["100001", "100002"]
        assert [one["owner_id"] for one in found] == [rita, None]
        assert [one["territory_id"] for one in found] == [east, None]
        assert found[0]["derived"] == ["email", "language", "phone"]
        assert found[0]["external_ids"] == {"erp": "X-1"}
        (history,) = desk.ask("ownership_history", customer_id=found[0]["id"])["items"]
        assert (history["owner_id"], history["rule"]) == (rita, "territory.only_member")

    def test_tells_each_customer_once_like_any_other_door(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2)))

        created = desk.told("accounts.customer.created.v1")
        recorded = desk.told("accounts.customer.recorded.v1")
        (finished,) = desk.told("accounts.import.finished.v1")
        assert [one["source"] for one in created] == ["import", "import"]
        assert [one["external_ids"] for one in recorded] == [{"erp": "X-1"}, {"erp": "X-2"}]
        assert {one["version"] for one in recorded} == {1}
        assert (finished["created"], finished["refused"], finished["dry_run"]) == (2, 0, False)

    def test_a_second_run_changes_nothing(self, desk: Desk) -> None:
        content = a_file(a_row(1), a_row(2))
        desk.imported(content)

        again = desk.imported(content)

        assert counts(again) == (0, 0, 2, 0)
        assert len(desk.told("accounts.customer.recorded.v1")) == 2
        assert desk.count("audit", "WHERE record_kind = 'customers'") == 2

    def test_updates_what_differs_and_nothing_else(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2)))

        status = desk.imported(a_file(a_row(1, city="Rye", segment=""), a_row(2)))

        assert counts(status) == (0, 1, 1, 0)
        (updated,) = desk.told("accounts.customer.updated.v1")
        assert updated["changed"] == {"city": None}  # personal: named without values
        found = desk.ask("find_records", kind="customer", sort="number")["items"]
        assert (found[0]["city"], found[0]["segment"], found[0]["version"]) == (
            "Rye", "Consumer", 2,
        )  # fmt: skip

    def test_a_told_value_is_not_overwritten_by_a_derived_one(self, desk: Desk) -> None:
        id_ = a_customer(desk, name="Person 1", email="ann@lee.org", external_ids={"erp": "X-1"})

        desk.imported(a_file(a_row(1)))

        seen = desk.ask("get_record", kind="customer", id=id_["customer_id"])
        assert (seen["email"], seen["derived"]) == ("ann@lee.org", ["language", "phone"])

    def test_create_refuses_the_known_and_update_the_unknown(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1)))
        content = a_file(a_row(1), a_row(2))

        create = desk.imported(content, mode="create", dry_run=True)
        update = desk.imported(content, mode="update", dry_run=True)

        assert counts(create) == (1, 0, 0, 1)
        assert counts(update) == (0, 0, 1, 1)
        assert refusals(desk, create["import_id"])[0]["refused_code"] == "accounts.import.exists"
        assert refusals(desk, update["import_id"])[0]["refused_code"] == "accounts.import.unknown"

    def test_columns_may_be_renamed_and_the_mark_of_order_present(self, desk: Desk) -> None:
        content = b'\xef\xbb\xbfCustomer ID,Customer Name\r\nA-1,"Lee, Ann"\r\n'

        status = desk.imported(
            content, system="shop", mapping={"Customer ID": "external_id", "Customer Name": "name"}
        )

        assert counts(status) == (1, 0, 0, 0)
        assert desk.ask("identify", system="shop", external_id="A-1")["outcome"] == "one"

    def test_links_to_a_customer_that_came_by_another_door(self, desk: Desk) -> None:
        known = a_customer(desk, name="Ann Lee", email="ann@lee.org")["customer_id"]
        row = a_row(1, name="Ann Lee", email="ann@lee.org")

        status = desk.imported(a_file(row), on_match="link")

        assert counts(status) == (0, 1, 0, 0)
        found = desk.ask("identify", system="erp", external_id="X-1")
        assert found["customers"][0]["customer_id"] == known

    def test_only_who_may_import_can(self, desk: Desk) -> None:
        rep = desk.token_of(a_staff(desk)["id"])

        with pytest.raises(Forbidden):
            desk.ask("upload_import", as_=rep, file_id="f", number=0, content="YQ==")

        assert desk.count("import_chunks") == 0


@pytest.mark.spec("ACC-12")
class TestDryRun:
    def test_says_what_would_happen_and_does_nothing(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2)))
        before = {name: desk.count(name) for name in ("customers", "external_ids", "ownerships")}
        content = a_file(
            a_row(1), a_row(2, city="Rye"), a_row(3), a_row(4, email="person3@example.com"),
            a_row(5, name="Person 3", phone="+12125550003"), a_row(3),
        )  # fmt: skip

        dry = desk.imported(content, dry_run=True)
        after = {name: desk.count(name) for name in before}
        real = desk.imported(content)

        assert before == after
        assert counts(dry) == counts(real)
        assert counts(dry) == (1, 1, 1, 3)
        assert len(desk.told("accounts.customer.updated.v1")) == 1

    def test_foresees_duplicates_that_lie_chunks_apart(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(import_rows, "CHUNK_ROWS", 2)
        content = a_file(
            *(a_row(n) for n in range(1, 6)), a_row(6, email="person1@example.com"),
            a_row(7, name="Person 2", phone="+12125550002", email=""), a_row(3),
        )  # fmt: skip

        dry = desk.imported(content, dry_run=True)
        real = desk.imported(content)

        assert counts(dry) == counts(real)


FAULTS = {
    "bad date": (a_row(9, customer_since="2016-02-30"), "bad_date", "customer_since"),
    "over-long field": (a_row(9, name="x" * 5000), "too_long", "name"),
    "duplicate inside the file": (a_row(1, city="Elsewhere"), "duplicate", "external_id"),
    "duplicate by mail": (a_row(9, email="PERSON2@example.com"), "duplicate", "email"),
    "duplicate by phone and name": (
        a_row(9, name="PERSON 2", phone="(212) 555-0002"), "duplicate", "phone",
    ),
    "duplicate of a known customer": (a_row(9, email="known@lee.org"), "duplicate", "email"),
    "too many columns": (a_row(9) + ",more", "columns", ""),
    "too few columns": ("X-9,person", "columns", ""),
    "open quote": (a_row(9, city='"Rye'), "quotes", ""),
    "no key": (a_row(9, external_id=""), "required", "external_id"),
}  # fmt: skip


@pytest.mark.spec("ACC-02")
class TestPlantedFaults:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_wrong_row_is_refused_with_its_reason_and_the_rest_comes_in(
        self, desk: Desk, fault: str
    ) -> None:
        a_customer(desk, name="Known", email="known@lee.org")
        row, code, column = FAULTS[fault]
        # The phones of the rows are written in full; the faults write them as people do.
        good = [a_row(n, phone=f"+1212555000{n}") for n in (1, 2, 3)]

        status = desk.imported(a_file(*good, row))

        assert counts(status) == (3, 0, 0, 1)
        (refused,) = refusals(desk, status["import_id"])
        assert refused["refused_row"] == "5"  # the header is row 1
        assert refused["refused_code"] == f"accounts.import.{code}"
        assert refused["refused_column"] == column
        assert desk.count("customers") == 4

    def test_a_row_that_is_not_utf8_is_refused_alone(self, desk: Desk) -> None:
        content = a_file(a_row(1), a_row(2, name="Rene"), a_row(3)).replace(b"Rene", b"Ren\xe9")

        status = desk.imported(content)

        assert counts(status) == (2, 0, 0, 1)
        (refused,) = refusals(desk, status["import_id"])
        assert refused["refused_code"] == "accounts.import.encoding"
        assert refused["refused_column"] == "name"

    def test_a_file_that_is_not_utf8_is_refused_whole(self, desk: Desk) -> None:
        rows = [a_row(n, name=f"Ren\xe9 {n}") for n in range(3)]
        content = a_file(*rows).decode().encode("latin-1")

        with pytest.raises(Invalid) as refused:
            desk.start(content)

        assert refused.value.code == "accounts.import.encoding"
        assert desk.count("imports") == 0
        assert desk.count("processes") == 0

    def test_a_file_without_a_header_is_refused_without_saying_what_is_in_it(
        self, desk: Desk
    ) -> None:
        with pytest.raises(Invalid) as refused:
            desk.start(a_row(1).encode())

        assert refused.value.code == "accounts.import.header"
        assert "Person" not in f"{refused.value} {refused.value.detail}"

    def test_refused_rows_are_corrected_and_imported_again(self, desk: Desk) -> None:
        bad = [a_row(n, customer_since="31.01.2016") for n in range(4, 9)]
        first = desk.imported(a_file(a_row(1), a_row(2), a_row(3), *bad))
        returned = refusals(desk, first["import_id"])

        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, fieldnames=list(returned[0]))
        writer.writeheader()
        writer.writerows(row | {"customer_since": "2016-01-31"} for row in returned)
        second = desk.imported(out.getvalue().encode())

        assert len(returned) == 5
        assert list(returned[0])[4:] == HEADER.split(",")
        assert counts(second) == (5, 0, 0, 0)
        assert desk.count("customers") == 8

    def test_the_verdict_on_every_row_is_kept(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1), a_row(2, kind="robot"), a_row(3)))

        assert desk.count("import_rows", "WHERE verdict = 'created'") == 2
        assert desk.count("import_rows", "WHERE verdict = 'refused'") == 1


class TestUpload:
    def test_pieces_come_in_order_and_the_same_piece_twice_is_one(self, desk: Desk) -> None:
        content = base64.b64encode(b"one").decode()

        first = desk.ask("upload_import", file_id="f", number=0, content=content)
        again = desk.ask("upload_import", file_id="f", number=0, content=content)

        assert first == again == {"file_id": "f", "pieces": 1, "bytes": 3}
        with pytest.raises(Conflict) as gap:
            desk.ask("upload_import", file_id="f", number=2, content=content)
        with pytest.raises(Conflict) as other:
            desk.ask("upload_import", file_id="f", number=0, content="dHdv")
        assert gap.value.code == "accounts.import.chunk_order"
        assert other.value.code == "accounts.import.chunk_differs"

    def test_refuses_a_piece_that_is_too_large(self, desk: Desk) -> None:
        content = base64.b64encode(b"x" * (MAX_CHUNK_BYTES + 3)).decode()

        with pytest.raises(Invalid):
            desk.ask("upload_import", file_id="f", number=0, content=content)

    def test_refuses_a_file_that_is_too_large(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.accounts.domain.imports.MAX_FILE_BYTES", 100)

        with pytest.raises(Invalid) as refused:
            desk.upload(a_file(a_row(1)), piece=64)

        assert refused.value.code == "accounts.import.file_too_large"

    def test_refuses_a_damaged_and_a_missing_file(self, desk: Desk) -> None:
        named = desk.upload(a_file(a_row(1)))

        with pytest.raises(Invalid) as damaged:
            desk.ask("start_import", file_id=named["file_id"], sha256="0" * 64)
        with pytest.raises(NotFound):
            desk.ask("start_import", file_id="none", sha256="0" * 64)

        assert damaged.value.code == "accounts.import.file_damaged"

    def test_is_forgotten_after_its_time(self, desk: Desk) -> None:
        named = desk.upload(a_file(a_row(1)))

        with desk.work() as work:
            data = {"entity_id": "group", "file_id": named["file_id"]}
            desk.runtime.timers["import.file_expired"](work, key="any", data=data)

        assert desk.count("timers", "WHERE kind = 'import.file_expired'") == 1
        assert desk.count("import_chunks") == 0


class TestPainPoint1ImportDies:
    """Import is slow or dies (pain point 1): it resumes, with nothing twice and nothing lost."""

    def test_ten_thousand_rows_survive_deaths_between_and_inside_chunks(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = a_file(*(a_row(n, phone="", email=f"p{n}@example.com") for n in range(10_000)))
        import_id = desk.start(content)
        write = import_rows._write
        died = 0

        def dying(batch: import_rows.Batch) -> None:
            nonlocal died
            write(batch)
            if batch.job.done_rows > 5_000 and not died:
                died += 1
                raise OperationalError("the process is gone", None, Exception())

        for _ in range(3):  # then the process dies between two chunks
            take(desk, import_id)
        monkeypatch.setattr(import_rows, "_write", dying)
        with pytest.raises(Unavailable):
            all(take(desk, import_id) for _ in range(20))  # dies with a chunk not committed
        half = desk.ask("import_status", import_id=import_id)
        desk.run()  # somebody else goes on where it stood

        status = desk.ask("import_status", import_id=import_id)
        assert died == 1
        assert half["created"] == half["done_rows"] - 1  # the header; nothing half done
        assert counts(status) == (10_000, 0, 0, 0)
        assert status["status"] == "finished"
        assert desk.count("customers") == 10_000
        assert desk.count("external_ids") == 10_000
        assert desk.count("import_rows") == 10_000
        assert desk.count("outbox", "WHERE routing_key = 'accounts.customer.created.v1'") == 10_000
        assert desk.count("audit", "WHERE record_kind = 'customers'") == 10_000
        assert len(desk.told("accounts.import.finished.v1")) == 1

    def test_two_who_take_the_same_chunks_enter_nothing_twice(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(import_rows, "CHUNK_ROWS", 20)
        import_id = desk.start(a_file(*(a_row(n) for n in range(300))))

        def take_all() -> None:
            more = True
            while more:
                with contextlib.suppress(StaleVersion):
                    more = take(desk, import_id)

        threads = [threading.Thread(target=take_all) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert counts(desk.ask("import_status", import_id=import_id)) == (300, 0, 0, 0)
        assert desk.count("customers") == 300
        assert desk.count("import_rows") == 300

    def test_questions_per_chunk_do_not_grow_with_its_rows(self, desk: Desk) -> None:
        def statements(rows: int, start: int) -> int:
            import_id = desk.start(a_file(*(a_row(start + n) for n in range(rows))))
            asked: list[str] = []
            engine = desk.runtime.database.engine

            def listener(*given: str) -> None:
                asked.append(given[2])

            event.listen(engine, "before_cursor_execute", listener)
            take(desk, import_id)
            event.remove(engine, "before_cursor_execute", listener)
            desk.run()
            return sum(text.lstrip().startswith("SELECT") for text in asked)

        assert statements(10, 0) == statements(400, 1000)
