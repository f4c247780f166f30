"""What the proof of timers finds when something is planted."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from chaos.proofs.timers import doubled_reminders, missed, overdue, unequal, unwritten
from chassis.timers import MAX_ATTEMPTS

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOON, AGO = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)


def a_timer(due: datetime | str, attempts: int = 0) -> dict[str, object]:
    return {"kind": "k", "key": "1", "due": due, "attempts": attempts, "reason": "bug: KeyError"}


def a_promise(**given: object) -> dict[str, object]:
    none = dict.fromkeys(("warn_at", "due", "warned_at", "breached_at", "ended_at"))
    return {"case_id": "c", "milestone": "solution"} | none | given


class TestOverdue:
    def test_is_silent_on_what_is_due_later(self) -> None:
        assert list(overdue("sales", [a_timer(SOON)], NOW)) == []

    def test_names_what_was_due_and_how_often_it_was_tried(self) -> None:
        waiting = [a_timer("2026-03-02 11:59:00.000000"), a_timer(AGO, 3)]

        assert list(overdue("sales", waiting, NOW)) == [
            "the timer k 1 of sales was due at 2026-03-02 11:59:00.000000",
            f"the timer k 1 of sales was due at {AGO}, tried 3 times",
        ]

    def test_names_what_is_stuck_although_it_is_due_later(self) -> None:
        found = list(overdue("sales", [a_timer(SOON, MAX_ATTEMPTS)], NOW))

        assert found == ["the timer k 1 of sales is stuck: bug: KeyError"]


class TestMissed:
    def test_is_silent_on_what_was_noted_or_ended_or_is_to_come(self) -> None:
        promises = [
            a_promise(warn_at=AGO, due=SOON, warned_at=AGO),
            a_promise(warn_at=AGO, due=AGO, breached_at=AGO),
            a_promise(warn_at=AGO, due=AGO, ended_at=AGO),
            a_promise(warn_at=SOON, due=SOON),
            a_promise(),
        ]

        assert list(missed(promises, NOW)) == []

    def test_names_a_warning_and_a_breach_that_never_were(self) -> None:
        promises = [a_promise(warn_at=AGO, due=SOON), a_promise(due=AGO, warned_at=AGO)]

        assert list(missed(promises, NOW)) == [
            f"nobody was warned of solution of case c at {AGO}",
            f"solution of case c was due at {AGO}, and nobody noted that it is late",
        ]


class TestUnequal:
    def test_names_what_is_said_twice_or_never_or_never_was(self) -> None:
        happened = Counter({("c1", "solution"): 1, ("c2", "solution"): 1, ("c4", "solution"): 1})
        said = Counter({("c1", "solution"): 2, ("c3", "solution"): 1, ("c4", "solution"): 1})

        assert list(unequal("was warned", happened, happened, said)) == [
            "solution of c1 was warned 1 times, the log says it 2 times",
            "solution of c2 was warned 1 times, the log says it 0 times",
            "solution of c3 was warned 0 times, the log says it 1 times",
        ]

    def test_lets_what_has_just_happened_be_said_later(self) -> None:
        happened = Counter({("c1", "solution"): 1})

        assert list(unequal("was warned", happened, Counter(), Counter())) == []


def test_names_what_a_case_and_its_history_do_not_agree_on() -> None:
    promises = Counter({("c1", "warned of solution"): 1})
    history = Counter({("c1", "warned of solution"): 2, ("c2", "breached of solution"): 1})

    assert list(unwritten(promises, history)) == [
        "case c1 was warned of solution 1 times, its history says it 2 times",
        "case c2 was breached of solution 0 times, its history says it 1 times",
    ]


def test_names_a_reminder_that_was_said_twice() -> None:
    said = [
        {"callback_id": "b", "due": "d1", "reminders": number} for number in (1, 2, 2)
    ]  # put off, it counts anew
    said.append({"callback_id": "b", "due": "d2", "reminders": 1})

    assert list(doubled_reminders(said)) == ["reminder 2 of call-back b was told 2 times"]
