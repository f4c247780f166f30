"""Calls that come in: some are answered, some callers give up and are to be called back."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any, ClassVar

from chaos.load.counting import once
from chaos.load.playing import Exchange, Heard, Planned, Played, memory
from chaos.stage import Stage, Stopped
from chaos.told import told

TALKERS, LOSERS = (
    12,
    48,
)  # customers: who calls again and again, and who gives up waiting, once each
MOST_AT_ONCE = 3
ABANDONED = "abandoned"
# What the captures hold, and what a call comes to that was heard from its beginning to its end.
ANSWERED = {"01": "answered", "02": "answered", "05": "answered"}
LOST = {"06": "busy", "08": "cancelled"}
GIVEN_UP = ("03", ABANDONED)
ROWS = "select id, linkedid, seq, state, outcome, estimated, told_end_at, customer_id from calls"


class Calls:
    """Play calls to the bridge; what it keeps on its disk is acknowledged.

    A call that it heard from its beginning to its end is there with its outcome. One that it kept
    the beginning of is there too, and ends once; if its outcome is another than the true one, it
    says of itself that it is estimated. Of what the exchange told while nobody listened, nothing is
    promised but that it is not there twice.
    """

    name: ClassVar[str] = "calls"
    needs: ClassVar[frozenset[str]] = frozenset({"accounts", "telephony", "cti"})
    per_second: ClassVar[float] = 0.5

    def set_up(self, stage: Stage) -> None:
        """Register those who will call."""
        self._exchange = Exchange()
        self._played: dict[str, Played] = {}  # all that were ever played, heard or not
        self._talkers = [_customer(stage, f"1390000{n:04}") for n in range(TALKERS)]
        self._losers = [_customer(stage, f"1380000{n:04}") for n in range(LOSERS)]
        stage.wait(lambda: stage.pbx and stage.pbx.listeners, 120, "the bridge listens")

    def step(self, stage: Stage, dice: Random) -> None:
        """Play a round of calls, and further ones until the bridge has kept one whole."""
        while not stage.stop_asking.is_set():
            round_ = [self._plan(dice) for _ in range(dice.randint(1, MOST_AT_ONCE))]
            done = self._exchange.play(stage, round_)
            for one in done:
                self._played[one.linkedid] = one
                stage.ledger.count("calls played")
                if one.heard is not Heard.NOT:
                    facts = {"number": one.planned.number, "outcome": one.planned.outcome}
                    stage.ledger.note(f"call.{one.heard}", one.linkedid, **facts)
            if any(one.heard is Heard.WHOLE for one in done):
                return
        raise Stopped("calls")

    def settled(self, stage: Stage) -> bool:
        """Every call is over for the bridge, out of its spool, and told on with whose it was."""
        assert stage.pbx is not None
        waiting = "select count(*) as n from calls where told_end_at is null"
        is_told = stage.rows("telephony", waiting)[0]["n"] == 0
        return is_told and stage.pbx.listeners > 0 and memory(stage).is_empty()

    def wrong(self, stage: Stage) -> Iterator[str]:
        """Hold telephony's calls against those that were played, then what others made of them."""
        kept = [
            entry.id
            for kind in (Heard.WHOLE, Heard.PARTLY)
            for entry in stage.ledger.of(f"call.{kind}")
        ]
        rows = [row for row in stage.rows("telephony", ROWS) if row["linkedid"] in self._played]
        yield from once("call", kept, [row["linkedid"] for row in rows])
        yield from _doubled(rows)
        for row in rows:
            yield from unlike(row, self._played[row["linkedid"]])
        yield from _holes(stage, rows)
        yield from self._callbacks(stage, rows)
        yield from self._timelines(stage, rows)

    def _plan(self, dice: Random) -> Planned:
        """Choose what happens, and who calls: who gives up waiting has never called before."""
        capture, outcome = dice.choice([*ANSWERED.items(), *LOST.items(), *2 * [GIVEN_UP]])
        planned = Planned(capture, f"137{dice.randint(0, 99_999_999):08}", outcome)
        if dice.random() < 0.25:  # noqa: PLR2004 - strangers
            return planned
        if outcome != ABANDONED:
            number, id_ = dice.choice(self._talkers)
        elif self._losers:
            number, id_ = self._losers.pop()
        else:
            return planned
        return replace(planned, number=number, customer_id=id_)

    def _callbacks(self, stage: Stage, rows: list[Any]) -> Iterator[str]:
        """Whoever gave up waiting is called back: one promise for one lost call."""
        owed = [row["id"] for row in rows if row["outcome"] == ABANDONED]
        asked = "select call_id from callbacks where call_id is not null"
        found = [row["call_id"] for row in stage.rows("telephony", asked)]
        yield from once("call-back for the call", owed, found)
        ours = {row["id"] for row in rows}
        for call_id in sorted(set(found) & ours - set(owed)):
            yield f"call {call_id} was not given up and is to be called back"

    def _timelines(self, stage: Stage, rows: list[Any]) -> Iterator[str]:
        """Each customer has the call on the timeline, once, as it ended."""
        asked = (
            "select source_key, customer_id, result from interactions"
            " where source = 'telephony.call'"
        )
        noted = stage.rows("accounts", asked)
        customers = [row["id"] for row in rows if self._planned(row).customer_id]
        yield from once("entry for the call", customers, [one["source_key"] for one in noted])
        known = {one["source_key"]: one for one in noted}
        for row in rows:
            entry, planned = known.get(row["id"]), self._planned(row)
            if entry is None:
                continue
            if entry["customer_id"] != planned.customer_id:
                yield f"call {row['id']} is on the timeline of somebody else"
            if not entry["result"].startswith(str(row["outcome"]).replace("_", " ")):
                yield f"call {row['id']} was {row['outcome']}, the timeline says {entry['result']}"

    def _planned(self, row: Any) -> Planned:
        return self._played[row["linkedid"]].planned


def unlike(row: Any, played: Played) -> Iterator[str]:
    """Yield what telephony says of a call that is not as it was."""
    planned, name = played.planned, f"call {row['id']} ({played.heard} heard)"
    if row["state"] != "cleared" or row["told_end_at"] is None:
        yield f"{name} is not over"
    if row["outcome"] != planned.outcome and (played.heard is Heard.WHOLE or not row["estimated"]):
        yield f"{name} was {planned.outcome}, telephony says {row['outcome']}"
    if row["customer_id"] != planned.customer_id:
        yield f"{name} is of {row['customer_id']}, not of {planned.customer_id}"


def holes(lines: Counter[tuple[str, int]], lengths: dict[str, int]) -> Iterator[str]:
    """Yield the calls whose events are not numbered from one to the last, each once."""
    found: dict[str, set[int]] = {id_: set() for id_ in lengths}
    for (id_, seq), count in lines.items():
        if count > 1:
            yield f"event {seq} of call {id_} is there {count} times"
        if id_ in found:
            found[id_].add(seq)
    for id_, last in lengths.items():
        missing = set(range(1, last + 1)) - found[id_]
        if missing:
            yield f"call {id_} has no event {', '.join(map(str, sorted(missing)))} of {last}"


def _holes(stage: Stage, rows: list[Any]) -> Iterator[str]:
    lines = stage.rows("telephony", "select call_id, seq from call_events")
    counted = Counter((line["call_id"], line["seq"]) for line in lines)
    yield from holes(counted, {row["id"]: row["seq"] for row in rows})
    ended = [one["call_id"] for one in told(stage, "telephony.call.ended.v1")]
    yield from once("the word on the end of the call", [row["id"] for row in rows], ended)


def _doubled(rows: list[Any]) -> Iterator[str]:
    for linkedid, count in Counter(row["linkedid"] for row in rows).items():
        if count > 1:
            yield f"the call {linkedid} became {count}"


def _customer(stage: Stage, number: str) -> tuple[str, str]:
    """Register a customer with a number; return the number as the network says it, and the id."""
    described = {"name": f"Caller {number}", "phone": f"+86{number}"}
    done = stage.ask("accounts.register_customer", described, key=f"calls-{number}")
    return number, done["customer_id"]
