import pytest

from services.accounts.domain.territories import (
    Node,
    StateTaken,
    TerritoryLoop,
    UnknownTerritory,
    below,
    check,
    covering,
)

TREE = {
    "us": Node("us", None, ()),
    "east": Node("east", "us", ("New York", "Maine")),
    "city": Node("city", "east", ()),
    "west": Node("west", "us", ("Oregon",)),
}


def test_a_state_is_found_however_it_is_written() -> None:
    assert covering(TREE.values())["new york"] == "east"


def test_a_territory_brings_all_below_it() -> None:
    assert below(TREE.values(), ["east"]) == ("city", "east")
    assert below(TREE.values(), ["us"]) == ("city", "east", "us", "west")


def test_refuses_a_parent_that_does_not_exist() -> None:
    with pytest.raises(UnknownTerritory):
        check(TREE, Node("new", "mars", ()))


def test_refuses_a_territory_below_itself() -> None:
    with pytest.raises(TerritoryLoop):
        check(TREE, Node("us", "city", ()))


def test_refuses_a_state_of_another_territory() -> None:
    with pytest.raises(StateTaken) as refused:
        check(TREE, Node("west", "us", ("Oregon", "MAINE")))

    assert refused.value.detail == {"states": ["MAINE"], "territory_id": "east"}


def test_a_territory_keeps_its_own_states() -> None:
    check(TREE, Node("east", "us", ("New York", "Maine", "Vermont")))
