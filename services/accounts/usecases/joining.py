"""Bring together what a customer has once, when several become one; and take it apart again."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import inspect

from chassis.custom import values
from chassis.custom.index import sole
from chassis.images import image, value_of
from chassis.moving import Move, put_aside, take
from chassis.tables import Base
from chassis.work import Work
from services.accounts.domain.flags import EXPIRY
from services.accounts.reads import belongings, pools, telling
from services.accounts.reads import classes as facts
from services.accounts.reads import flags as standing
from services.accounts.reads import merging as reads
from services.accounts.tables import Customer, Dealings, Flag, SurveyAnswer
from services.accounts.usecases import classes, drop_timers, keys, search

# Under this name a merge keeps what it changed of the winner's own rows: [before, after] of each.
UNITED = "united"
LAST = ("last_opportunity_at", "last_deal_at")
United = dict[str, list[Any]]


def unite(work: Work, merge_id: str, winner: Customer, losers: Sequence[Customer]) -> United:
    """Unite dealings, what was answered last, and flags; return what changed of the winner's own."""
    written: United = {}
    for loser in losers:
        what = Move(merge_id, loser.id, winner.id, winner)
        _unite_dealings(work, what, written)
        _unite_answers(work, what, written)
        _unite_flags(work, what, written)
        work.flush()
    return written


def separate(work: Work, winner: Customer, written: Mapping[str, list[Any]]) -> None:
    """Take from the winner's own rows what the merge gave them; what came since stays."""
    for key, (before, after) in written.items():
        name, _, id_ = key.partition(":")
        if name == belongings.DEALINGS:
            _part_dealings(work, winner, before, after)
        elif name == belongings.ANSWERS:
            _put_back(work.session.get(SurveyAnswer, winner.id), before, after)
        else:
            flag = work.session.get(Flag, id_)
            _put_back(flag, before, after)
            _rearm(work, flag)


def settle(work: Work, customers: Sequence[Customer]) -> None:
    """Make anew what follows from the rows of customers, now that each is where it belongs.

    Their values that only one may have are free for each other first.
    """
    for one in customers:
        values.forget(work, one.id)
    for one in customers:
        _find_by_values(work, one)
        keys.retag(work, one)
        codes = standing.codes_of(work, one.id)
        if one.flags != codes:
            one.flags = codes
            work.tell(telling.customer_recorded, one)
        if facts.is_decided(work, one.id):
            classes.reconsider(work, one)
    search.reindex(work, [one.id for one in customers])


def _find_by_values(work: Work, one: Customer) -> None:
    """Let a customer be found by its values; what somebody else has got meanwhile is his."""
    form = values.form_for(work, Customer, entity_id=one.entity_id)
    taken = values.known(work, form, [one.custom]).taken
    gone = {
        key
        for key, value in one.custom.items()
        if (field := form.fields[key]).unique and (field.id, sole(field, value)) in taken
    }
    if gone:
        one.custom = {key: value for key, value in one.custom.items() if key not in gone}
        work.tell(telling.customer_recorded, one)
    values.write(work, form, {one.id: one.custom})


def retire(work: Work, winner: Customer, loser: Customer) -> None:
    """Let nothing look for a customer that is about to be an old id.

    A value that only one may have stays taken, so that it can come back.
    """
    for timer in (drop_timers.DROP_DUE, classes.CLASS_DUE):
        work.cancel(timer, loser.id)
    values.forget(work, loser.id)
    keys.untag(work, loser.id)
    search.forget(work, loser.id)
    form = values.form_for(work, Customer, entity_id=loser.entity_id)
    gone = {
        key: value
        for key, value in loser.custom.items()
        if form.fields[key].unique and winner.custom.get(key) != value
    }
    values.write(work, form, {loser.id: gone})


def _unite_dealings(work: Work, what: Move, written: United) -> None:
    theirs = work.session.get(Dealings, what.old)
    if theirs is None:
        return
    own = work.session.get(Dealings, what.new)
    before = image(own) if own is not None else None
    ours = pools.dealings(work, what.new)
    ours.open_opportunities += theirs.open_opportunities
    for name in LAST:
        known = [at for one in (ours, theirs) if (at := getattr(one, name)) is not None]
        setattr(ours, name, max(known, default=None))
    _note(written, belongings.DEALINGS, before, ours)
    put_aside(work, belongings.DEALINGS, what, theirs)


def _unite_answers(work: Work, what: Move, written: United) -> None:
    theirs, ours = facts.answer(work, what.old), facts.answer(work, what.new)
    if theirs is None:
        return
    if ours is None:
        take(work, belongings.ANSWER, what, theirs)
        return
    if theirs.answered_at > ours.answered_at:
        before = image(ours)
        for name in ("survey_id", "satisfaction", "answered_at"):
            setattr(ours, name, getattr(theirs, name))
        _note(written, belongings.ANSWERS, before, ours)
    put_aside(work, belongings.ANSWERS, what, theirs)


def _unite_flags(work: Work, what: Move, written: United) -> None:
    ours = {(one.kind, one.channel): one for one in standing.standing(work, what.new)}
    for theirs in reads.flags_of(work, what.old):
        mine = ours.get((theirs.kind, theirs.channel))
        if theirs.standing_key is None or mine is None:
            take(work, belongings.FLAG, what, theirs)
            continue
        if mine.until is not None and (theirs.until is None or theirs.until > mine.until):
            before = image(mine)
            mine.until = theirs.until
            _note(written, f"{belongings.FLAGS}:{mine.id}", before, mine)
            _rearm(work, mine)
        put_aside(work, belongings.FLAGS, what, theirs)
        work.cancel(EXPIRY, theirs.id)


def _note(written: United, key: str, before: Any, now: Base) -> None:
    """Keep what a row was before the first loser, and what it is after the last."""
    first = written[key][0] if key in written else before
    written[key] = [first, image(now)]


def _part_dealings(work: Work, winner: Customer, before: Any, after: Mapping[str, Any]) -> None:
    ours = pools.dealings(work, winner.id)
    was = before or {"open_opportunities": 0, **dict.fromkeys(LAST)}
    ours.open_opportunities -= after["open_opportunities"] - was["open_opportunities"]
    _put_back(ours, {name: was[name] for name in LAST}, after)
    if (
        before is None
        and ours.open_opportunities == 0
        and not any(getattr(ours, name) for name in (*LAST, "drop_warned_at"))
    ):
        work.session.delete(ours)


def _put_back(record: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Restore what a row was, as far as nobody has changed it since."""
    if record is None:
        return
    now = image(record)
    for name, value in before.items():
        if name not in reads.OF_THE_RECORD and now[name] == after[name] != value:
            setattr(record, name, value_of(type(record), name, value))


def _rearm(work: Work, flag: Flag | None) -> None:
    if flag is None or flag.standing_key is None or inspect(flag).deleted:
        return
    if flag.until is None:
        work.cancel(EXPIRY, flag.id)
    else:
        work.at(flag.until, EXPIRY, flag.id, {})
