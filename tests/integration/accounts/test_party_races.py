"""Two at the same time: each rule of the party model holds, whoever is first."""

import threading
from collections.abc import Callable
from typing import Any

from chassis.errors import Refused
from tests.support.accounts import Desk, a_customer

ROUNDS = 4


def at_once(*asks: Callable[[], Any]) -> list[str]:
    """Do things at the same time; return what became of each: ok, or the code of a refusal."""
    outcomes: list[str] = []
    start = threading.Barrier(len(asks))

    def one(ask: Callable[[], Any]) -> None:
        start.wait(60)
        try:
            ask()
            outcomes.append("ok")
        except Refused as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=one, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return sorted(outcomes)


class TestAtOnce:
    def test_two_who_would_each_be_the_others_parent(self, desk: Desk) -> None:
        for _ in range(ROUNDS):
            one, two = (a_customer(desk, kind="organisation")["customer_id"] for _ in range(2))

            outcomes = at_once(
                lambda: desk.ask("relate", customer_id=one, other_id=two, relation="parent"),  # noqa: B023  # called in this round
                lambda: desk.ask("relate", customer_id=two, other_id=one, relation="parent"),  # noqa: B023  # called in this round
            )

            assert outcomes == ["accounts.relationship.loop", "ok"]

    def test_the_same_number_is_added_once(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]

        def add() -> None:
            desk.ask("add_contact_point", customer_id=id_, medium="phone", value="+12125550199")

        assert at_once(add, add, add) == ["ok", "ok", "ok"]
        assert desk.count("contact_points") == 1

    def test_one_key_goes_to_one_of_two_customers(self, desk: Desk) -> None:
        for number in range(ROUNDS):
            ids = [a_customer(desk)["customer_id"] for _ in range(2)]
            key = {"version": 1, "system": "erp", "external_id": f"E-{number}"}

            outcomes = at_once(
                lambda: desk.ask("add_external_id", customer_id=ids[0], **key),  # noqa: B023  # called in this round
                lambda: desk.ask("add_external_id", customer_id=ids[1], **key),  # noqa: B023  # called in this round
            )

            assert outcomes == ["accounts.external_id.taken", "ok"]
        assert desk.count("external_ids") == ROUNDS

    def test_one_number_goes_to_one_member(self, desk: Desk) -> None:
        ids = [a_customer(desk)["customer_id"] for _ in range(2)]
        told = {"number": "OLD-7", "level": "gold", "joined_on": "2017-01-01"}

        outcomes = at_once(
            lambda: desk.ask("register_member", customer_id=ids[0], **told),
            lambda: desk.ask("register_member", customer_id=ids[1], **told),
        )

        assert outcomes == ["accounts.member.number_taken", "ok"]
