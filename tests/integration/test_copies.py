"""Copies on both databases: the newer one stays, in whatever order they come."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from chassis import copies
from chassis.errors import Conflict, Invalid, Unavailable
from chassis.leader import refresh_copies
from chassis.tables import COPY_STATES, CopyRow
from tests.support.journeys import runtime_of
from tests.support.parcels import PARCELS, PLACED, ParcelRef, Snapshots, a_parcel, an_envelope


@pytest.fixture
def runtime(database_url, tmp_path):
    runtime = runtime_of(database_url, tmp_path)
    runtime.copies["parcels"] = PARCELS
    yield runtime
    runtime.database.close()


def apply(runtime, envelope, data):
    with runtime.database.writing() as connection:
        return copies.apply(connection, PARCELS, envelope, data)


def kept(runtime):
    with runtime.database.reading() as session:
        return list(session.scalars(select(ParcelRef).order_by(ParcelRef.id)))


def state(runtime):
    with runtime.database.reading() as session:
        return session.execute(select(COPY_STATES.c.cursor, COPY_STATES.c.complete)).one_or_none()


def snapshot(count):
    return Snapshots([a_parcel(f"p{number}", sequence=5) for number in range(count)])


class TestApply:
    def test_keeps_the_fields_that_the_table_has(self, runtime):
        data = a_parcel(
            name="desk", weight="12.5", placed_at=PLACED, tags=["big"], colour="red", future="x"
        )

        assert apply(runtime, an_envelope(), data) == "applied"

        (parcel,) = kept(runtime)
        assert (parcel.id, parcel.sequence, parcel.erased) == ("p1", 1, False)
        assert (parcel.name, parcel.weight, parcel.tags) == ("desk", Decimal("12.5"), ["big"])
        assert parcel.placed_at == datetime(2024, 5, 1, 10, tzinfo=UTC)

    @pytest.mark.parametrize("sequence", [2, 3])
    def test_is_stale_when_ours_is_as_new(self, runtime, sequence):
        apply(runtime, an_envelope(sequence=3), a_parcel(name="new"))

        assert apply(runtime, an_envelope(sequence=sequence), a_parcel(name="old")) == "stale"

        assert [(parcel.name, parcel.sequence) for parcel in kept(runtime)] == [("new", 3)]

    def test_ends_with_the_newest_in_any_order(self, runtime):
        shuffled = [7 * number % 41 for number in range(1, 41)]

        for sequence in shuffled * 2:
            apply(runtime, an_envelope(sequence=sequence), a_parcel(name=f"n{sequence}"))

        assert [(parcel.name, parcel.sequence) for parcel in kept(runtime)] == [("n40", 40)]

    def test_leaves_our_own_columns_alone(self, runtime):
        apply(runtime, an_envelope(), a_parcel())
        with runtime.database.begin() as session:
            session.execute(update(ParcelRef).values(shelf="A1"))

        apply(runtime, an_envelope(sequence=2), a_parcel(name="new"))

        assert [(parcel.name, parcel.shelf) for parcel in kept(runtime)] == [("new", "A1")]

    def test_erases_for_good(self, runtime):
        apply(runtime, an_envelope(), a_parcel(name="someone", weight="1"))

        assert apply(runtime, an_envelope("erased", sequence=2), a_parcel()) == "applied"
        assert apply(runtime, an_envelope(sequence=3), a_parcel(name="someone")) == "stale"

        (parcel,) = kept(runtime)
        assert (parcel.erased, parcel.name, parcel.weight, parcel.sequence) == (True, "", None, 2)

    def test_remembers_an_erasure_that_comes_first(self, runtime):
        apply(runtime, an_envelope("erased", sequence=2), a_parcel())

        assert apply(runtime, an_envelope(sequence=1), a_parcel(name="someone")) == "stale"

        assert [(parcel.erased, parcel.name) for parcel in kept(runtime)] == [(True, "")]

    def test_refuses_what_it_does_not_know(self, runtime):
        with pytest.raises(Invalid) as unknown:
            apply(runtime, an_envelope("moved"), a_parcel())
        with pytest.raises(Invalid) as shapeless:
            apply(runtime, an_envelope(), {"parcel_id": "p1"})

        assert (unknown.value.code, shapeless.value.code) == ("event.unknown_type", "event.shape")
        assert kept(runtime) == []


class TestRefresh:
    def test_reads_the_snapshot_to_its_end(self, runtime):
        runtime.link = snapshot(5)

        refresh_copies(runtime)
        refresh_copies(runtime)

        assert [parcel.id for parcel in kept(runtime)] == ["p0", "p1", "p2", "p3", "p4"]
        assert runtime.link.asked == [None, "2", "4"]
        assert state(runtime) == ("5", 1)

    def test_does_not_overwrite_what_an_event_has_told_since(self, runtime):
        apply(runtime, an_envelope(subject="p1", sequence=6), a_parcel(name="newer"))
        runtime.link = snapshot(3)

        copies.refresh(runtime, PARCELS)

        assert [parcel.name for parcel in kept(runtime)] == ["lamp", "newer", "lamp"]

    def test_takes_the_newest_when_a_page_holds_one_twice(self, runtime):
        items = [a_parcel("p1", name=f"n{n}", sequence=n) for n in (2, 3, 1)]
        runtime.link = Snapshots(items, page=3)

        copies.refresh(runtime, PARCELS)

        assert [(parcel.name, parcel.sequence) for parcel in kept(runtime)] == [("n3", 3)]

    def test_goes_on_where_it_was_interrupted(self, runtime):
        runtime.link = snapshot(5)
        runtime.link.fails_at = "4"
        with pytest.raises(Unavailable):
            copies.refresh(runtime, PARCELS)
        assert state(runtime) == ("4", 0)

        runtime.link.fails_at = None
        refresh_copies(runtime)

        assert len(kept(runtime)) == 5
        assert runtime.link.asked == [None, "2", "4", "4"]

    def test_starts_anew_when_its_cursor_has_expired(self, runtime):
        runtime.link = snapshot(5)
        runtime.link.fails_at = "4"
        with pytest.raises(Unavailable):
            copies.refresh(runtime, PARCELS)
        runtime.link.fails_at, runtime.link.expired = None, {"4"}
        runtime.link.page = 3

        copies.refresh(runtime, PARCELS)

        assert len(kept(runtime)) == 5
        assert runtime.link.asked[3:] == ["4", None, "3"]

    def test_gives_up_on_cursors_that_expire_at_once(self, runtime):
        runtime.link = snapshot(5)
        runtime.link.expired = {"2"}

        with pytest.raises(Conflict):
            copies.refresh(runtime, PARCELS)

        assert len(runtime.link.asked) == 2 * (copies.MAX_RESTARTS + 1)

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            {"items": [], "next": None},
            {"items": [], "next": None, "more": True},
            {"items": [{"name": "nameless"}], "next": None, "more": False},
        ],
    )
    def test_refuses_what_is_no_snapshot(self, runtime, answer):
        class Odd:
            def call(self, *_, **__):
                return answer

        runtime.link = Odd()

        with pytest.raises(Invalid):
            copies.refresh(runtime, PARCELS)

        assert kept(runtime) == []

    def test_is_read_anew_on_demand(self, runtime):
        runtime.link = snapshot(3)
        refresh_copies(runtime)
        with runtime.database.begin() as session:
            copies.rebuild(session, "parcels")

        refresh_copies(runtime)

        assert runtime.link.asked == [None, "2", None, "2"]
        assert state(runtime) == ("3", 1)

    def test_one_that_fails_does_not_hold_up_the_others(self, runtime):
        runtime.link = snapshot(1)
        broken = CopyRow("broken", ParcelRef, PARCELS.of)
        object.__setattr__(broken, "of", None)
        runtime.copies = {"broken": broken} | runtime.copies

        refresh_copies(runtime)

        assert len(kept(runtime)) == 1
