"""A copy: the newest of what its owner told, whatever order that came in, and what is erased stays so."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import select

from chassis import copies
from chassis.errors import Conflict
from chassis.leader import refresh_copies
from chassis.rows import copy
from chassis.service import Service
from tests.support.model import DEATHS, Story, check, finds
from tests.support.model_queue import Queue, a_post
from tests.support.parcels import PARCELS, ParcelRef, a_parcel, an_envelope

IDS = ("p1", "p2", "p3", "p4")
ERASED = ""
PAGE = 2


class Keeper(Service):
    """One copy."""

    name = "sales"
    parcels = copy(ParcelRef, of=PARCELS.of)


class Copies(Story):
    """An owner that changes and erases parcels, and tells them on a queue and by its snapshot."""

    def __init__(self) -> None:
        super().__init__()
        self.keeper = self.place(Keeper)
        self.queue = Queue(self.keeper, "parcels")
        self.told: dict[str, list[str]] = {}  # parcel -> its name at each sequence, from 1
        self.reached: dict[str, int] = {}  # parcel -> the highest sequence the copy had
        self.expired = False
        self.keeper.on_open = self._link
        self._link()

    def _link(self) -> None:
        self.keeper.runtime.link = self

    @initialize(names=st.lists(st.sampled_from("abc"), max_size=4))
    def before_the_queue(self, names: list[str]) -> None:
        """What was told before there was a queue is in the snapshot only."""
        self.told = {id_: [name] for id_, name in zip(IDS, names, strict=False)}

    @rule(id_=st.sampled_from(IDS), name=st.sampled_from("abc"))
    def change(self, id_: str, name: str) -> None:
        if self.told.setdefault(id_, [])[-1:] != [ERASED]:
            self.told[id_].append(name)
            self._tell(id_, len(self.told[id_]))

    @rule(id_=st.sampled_from(IDS))
    def erase(self, id_: str) -> None:
        if id_ in self.told and self.told[id_][-1] != ERASED:
            self.told[id_].append(ERASED)
            self._tell(id_, len(self.told[id_]))

    @rule(id_=st.sampled_from(IDS), sequence=st.integers(1, 5))
    def tell_again(self, id_: str, sequence: int) -> None:
        if id_ in self.told and sequence <= len(self.told[id_]):
            self._tell(id_, sequence)

    @rule(number=st.integers(0, 20), death=st.sampled_from(DEATHS))
    @precondition(lambda self: self.queue.ready)
    def deliver(self, number: int, death: str) -> None:
        self.queue.deliver(number, death)

    @rule(death=st.sampled_from(DEATHS), commits=st.integers(1, 3), expired=st.booleans())
    def refresh(self, death: str, commits: int, expired: bool) -> None:
        self.expired = expired
        self.keeper.attempt(lambda: refresh_copies(self.keeper.runtime), death, commits)

    @rule()
    def rebuild(self) -> None:
        with self.keeper.runtime.database.begin() as session:
            copies.rebuild(session, "parcels")

    @invariant()
    def the_copy_is_what_the_owner_once_was_and_never_goes_back(self) -> None:
        for id_, (sequence, name, erased) in self._kept().items():
            assert (name, erased) == (self.told[id_][sequence - 1], name == ERASED)
            assert sequence >= self.reached.get(id_, 0), "the copy went back"
            self.reached[id_] = sequence

    def end(self) -> None:
        self.expired = False
        for _ in self.queue.ready[:]:
            self.queue.deliver(-1)
        for _ in range(2):
            self.keeper.attempt(lambda: refresh_copies(self.keeper.runtime))
        kept = {id_: row[:2] for id_, row in self._kept().items()}
        newest = {id_: (len(names), names[-1]) for id_, names in self.told.items()}
        assert kept == newest, "the copy is not the newest"

    def call(self, service: str, method: str, payload: dict[str, Any], **_: Any) -> object:
        """Answer ``changed_since`` as the owner: in the order of the ids, what is not erased."""
        cursor = payload["cursor"]
        if self.expired and cursor is not None:
            self.expired = False
            raise Conflict("This cursor is too old.", code=copies.EXPIRED)
        there = [id_ for id_, names in sorted(self.told.items()) if names[-1] != ERASED]
        beyond = [id_ for id_ in there if id_ > (cursor or "")]
        items = [
            a_parcel(id_, name=self.told[id_][-1]) | {"sequence": len(self.told[id_])}
            for id_ in beyond[:PAGE]
        ]
        end = beyond[:PAGE][-1] if items else cursor
        return {"items": items, "next": end, "more": len(beyond) > PAGE}

    def _tell(self, id_: str, sequence: int) -> None:
        name = self.told[id_][sequence - 1]
        kind = "erased" if name == ERASED else "recorded"
        data = a_parcel(id_, name=name)
        known = an_envelope(kind, id_, sequence)
        self.queue.ready.append(a_post(known.id, "accounts.private", known, data))

    def _kept(self) -> dict[str, tuple[int, str, bool]]:
        with self.keeper.runtime.database.reading() as session:
            return {
                one.id: (one.sequence, one.name, one.erased)
                for one in session.scalars(select(ParcelRef))
            }


def test_a_copy_is_the_newest(length: dict[str, int]) -> None:
    check(Copies, **length)


class TestAPlantedFault:
    @pytest.fixture(autouse=True)
    def _fresh(self) -> Any:
        """Forget the statements that were made, before and after."""
        copies._upsert.cache_clear()
        yield
        copies._upsert.cache_clear()

    def test_a_copy_without_its_guard(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(copies, "and_", lambda *_: None)

        assert finds(Copies, **short)

    def test_a_snapshot_that_moves_on_before_its_page_is_stored(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        take = copies._take

        def torn(session: Any, row: Any, items: Any) -> None:
            copies._note(
                session, row.name, items[-1]["parcel_id"] if items else None, complete=False
            )
            session.commit()
            take(session, row, items)

        monkeypatch.setattr(copies, "_take", torn)

        assert finds(Copies, **short)
