"""Who was merged into another is erased with the other, by every old id and in every service (pain point 24)."""

import pytest

from chassis.errors import Conflict
from chassis.tables import ERASED_CUSTOMERS
from tests.support.erasures import a_lead_of_nobody, a_person, erased, everywhere, words_everywhere
from tests.support.fuzz_rooms import Rooms
from tests.support.persons import MAIL, NAME


@pytest.fixture
def merged(rooms: Rooms) -> tuple[str, str]:
    """Two records of one person with words about each, made one: who stayed, and the old id."""
    a_lead_of_nobody(rooms, name=NAME, email=f"old-{MAIL}")
    loser = a_person(rooms, email=f"old-{MAIL}", phone="+12125557700")
    winner = a_person(rooms, on_match="warn")
    words_everywhere(rooms, loser)
    words_everywhere(rooms, winner, number="+12125557701")
    both = [
        {
            "id": id_,
            "version": rooms.call("accounts.get_record", kind="customer", id=id_)["version"],
        }
        for id_ in (winner, loser)
    ]
    rooms.call("accounts.merge_customers", winner=both[0], losers=[both[1]])
    rooms.settle()
    rooms.settle()
    return winner, loser


class TestMerged:
    def test_nothing_is_left_of_either(self, rooms: Rooms, merged: tuple[str, str]) -> None:
        winner, loser = merged

        certificate = erased(rooms, winner)

        assert everywhere(rooms) == []
        assert certificate["status"] == "done"
        assert certificate["services"]["sales"]["opportunities"] == 2
        assert certificate["services"]["sales"]["leads_of_nobody"] == 1
        for room in rooms.all.values():
            assert {row.id for row in room.rows(ERASED_CUSTOMERS)} == {winner, loser}

    def test_the_old_id_is_refused_everywhere(self, rooms: Rooms, merged: tuple[str, str]) -> None:
        winner, loser = merged
        erased(rooms, winner)

        for way, words in {
            "accounts.register_contact": {"name": NAME},
            "marketing.tag_customer": {"tag": "zwirbel"},
            "service_desk.invite_survey": {"moment": "pre_sale"},
        }.items():
            with pytest.raises(Conflict) as refused:
                rooms.call(way, customer_id=loser, **words)
            assert refused.value.code == f"{way.partition('.')[0]}.customer.erased"
        assert everywhere(rooms) == []
