"""A command with a key: acknowledged means done once, whatever died and however often it was asked."""

import time
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from marshmallow import fields
from sqlalchemy import select

from chassis import answering
from chassis.context import Request
from chassis.envelope import decode
from chassis.errors import Conflict
from chassis.ids import new_id
from chassis.rows import command
from chassis.schemas import Accepted
from chassis.service import Service
from chassis.work import Work
from tests.support.model import DEATHS, Death, Story, check, finds
from tests.support.things import Thing, changed

KEYS, BODIES = ("k1", "k2", "k3"), ("red", "blue")


class Write(Accepted):
    """Accept a word and the key, so that what was done can be counted."""

    word = fields.Str(required=True)
    key = fields.Str(required=True)


def write(work: Work, *, word: str, key: str) -> dict[str, object]:
    """Store one thing each time."""
    thing = work.add(Thing(name=new_id(), mail=f"{key} {word}"))
    work.tell(changed, thing)
    return {"id": thing.id}


class Desk(Service):
    """One command."""

    name = "sales"
    write = command(write, accepts=Write(), needs="lead.write")


class Commands(Story):
    """Callers that repeat what was not answered, and some that use a key for something else."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = self.place(Desk)
        self.acknowledged: dict[str, tuple[str, Any]] = {}  # key -> body, answer
        self.issued: dict[str, set[str]] = {}  # key -> bodies that were sent

    @rule(key=st.sampled_from(KEYS), word=st.sampled_from(BODIES), death=st.sampled_from(DEATHS))
    def ask(self, key: str, word: str, death: str) -> None:
        self.issued.setdefault(key, set()).add(word)
        known = self.acknowledged.get(key)
        try:
            answer = self.desk.attempt(lambda: self._ask(key, word), death)
        except Conflict as conflict:
            assert conflict.code == "idempotency.reused"  # noqa: PT017  # one of two right ends
            assert self.issued[key] - {word}, "a key used once conflicts with nothing"
            assert known is None or known[0] != word, "same body, other answer"
            return
        if answer is not Death:
            assert known in (None, (word, answer)), "the same key was answered otherwise"
            self.acknowledged[key] = (word, answer)

    def _ask(self, key: str, word: str) -> Any:
        request = Request(
            method="write", message_id=new_id(), correlation_id="c", causation_id="c",
            token=self.desk.runtime.signer.for_service("sales"), idempotency_key=key,
            deadline=time.monotonic() + 60,
        )  # fmt: skip
        return decode(self.desk.bound.answers["write"]({"word": word, "key": key}, request))

    @invariant()
    def each_key_has_one_effect(self) -> None:
        with self.desk.runtime.database.reading() as session:
            done = {row.mail: row.id for row in session.execute(select(Thing.mail, Thing.id))}
            effects = list(session.scalars(select(Thing.mail)))
        keys = [str(effect).partition(" ")[0] for effect in effects]
        assert len(keys) == len(set(keys)), "a key had two effects"
        for key, (word, answer) in self.acknowledged.items():
            assert done.get(f"{key} {word}") == answer["id"], "acknowledged, but not done"


def test_a_command_is_done_once(length: dict[str, int]) -> None:
    check(Commands, **length)


class TestAPlantedFault:
    def test_a_key_that_is_not_remembered(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(answering, "_REMEMBER", select(1))

        assert finds(Commands, **short)

    def test_a_key_that_is_remembered_beside_the_effect(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = answering.once

        def torn(runtime: Any, method: str, asked: Any, act: Any) -> bytes:
            with runtime.working(asked.origin) as work:
                found = act(work)
            return bytes(whole(runtime, method, asked, lambda _: found))

        monkeypatch.setattr(answering, "once", torn)

        assert finds(Commands, **short)
