"""The file of a case: always readable, and the rest of it page by page."""

import pytest

from chassis.envelope import encode
from chassis.errors import Invalid, NotFound
from chassis.request import MAX_BODY_BYTES
from services.service_desk.reads import cases
from tests.support.service_desk import Front, travel


def write_down(desk, agent, case, text):
    desk.call("add_case_note", agent.token, case_id=case["id"], text=text)


def pages(desk, agent, method, case):
    """Read a list to its end, two lines at a time."""
    found, after = [], None
    while not found or after:
        page = desk.call(method, agent.token, case_id=case["id"], limit=2, after=after)
        found.append(page["items"])
        after = page["next"]
    return found


class TestTheFile:
    def test_stays_readable_however_much_is_written_down(self, desk, agent):
        case = agent.open()
        for number in range(10, 100):  # 12 kB each: 1.1 MB together
            write_down(desk, agent, case, f"{number}" + "客" * 3998)

        file = agent.file(case["id"])

        assert len(encode(file)) < MAX_BODY_BYTES
        assert [one["text"][:2] for one in file["notes"]] == [f"{n}" for n in range(80, 100)]

    def test_shows_the_newest_and_leaves_the_rest_to_its_pages(self, desk, agent, monkeypatch):
        monkeypatch.setattr(cases, "LATEST_CHANGES", 2)
        monkeypatch.setattr(cases, "LATEST_NOTES", 2)
        case = agent.open(assignee_id="a1")
        for state in ("in_progress", "waiting_customer", "in_progress"):
            agent.do("move_case", case["id"], state=state)
        for text in ("one", "two", "three"):
            write_down(desk, agent, case, text)

        file = agent.file(case["id"])
        history = pages(desk, agent, "case_history", case)
        notes = pages(desk, agent, "case_notes", case)

        assert [one["place"] for one in file["history"]] == [4, 5]
        assert [one["text"] for one in file["notes"]] == ["two", "three"]
        assert [[one["place"] for one in page] for page in history] == [[5, 4], [3, 2], [1]]
        assert [[one["text"] for one in page] for page in notes] == [["three", "two"], ["one"]]

    def test_of_many_rounds_shows_what_is_owed_and_the_newest(self, desk, agent, monkeypatch):
        monkeypatch.setattr(cases, "LATEST_MILESTONES", 5)
        case = agent.open(assignee_id="a1")
        travel(desk, hours=3)  # the acknowledgement was due at 11:00 and stays owed
        for severity in ("high", "low"):
            desk.clock.pass_(minutes=1)
            Front(desk, "s1").do("reclassify_case", case["id"], severity=severity)

        milestones = agent.file(case["id"])["milestones"]

        assert [(one["milestone"], one["round"]) for one in milestones] == [
            ("acknowledge", 1), ("first_response", 2), ("solution", 2),
            ("first_response", 3), ("solution", 3),
        ]  # fmt: skip


class TestItsPages:
    def test_the_largest_page_of_notes_fits_into_an_answer(self, desk, agent):
        case = agent.open()
        for _ in range(41):
            write_down(desk, agent, case, "\x01" * 4000)  # 24 kB as JSON

        page = desk.call("case_notes", agent.token, case_id=case["id"], limit=40)

        assert len(page["items"]) == 40
        assert len(encode(page)) < MAX_BODY_BYTES

    def test_refuses_more_notes_than_fit_into_an_answer(self, desk, agent):
        case = agent.open()

        with pytest.raises(Invalid):
            desk.call("case_notes", agent.token, case_id=case["id"], limit=41)

    def test_are_nobodys_who_does_not_see_the_case(self, desk, agent):
        case = agent.open()
        stranger = desk.person("s9", "supervisor", team="t9", territories=())

        for method in ("case_file", "case_history", "case_notes"):
            with pytest.raises(NotFound):
                desk.call(method, stranger, case_id=case["id"])
