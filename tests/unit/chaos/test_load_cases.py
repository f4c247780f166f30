"""What the proof of cases finds when something is planted."""

from chaos.load.cases import histories


def a_history(*changes: str, case_id: str = "c1", length: int = 0) -> list[dict[str, object]]:
    changed = length or len(changes)
    return [
        {"case_id": case_id, "place": place, "change": change, "changes": changed}
        for place, change in enumerate(changes, start=1)
    ]


def test_is_silent_on_a_history_in_which_everything_is_once() -> None:
    lines = a_history("opened", "warned", "warned", "closed")

    assert list(histories(lines, {"opened": {"c1"}, "closed": {"c1"}})) == []


def test_names_a_step_that_is_missing_or_there_twice_and_a_hole() -> None:
    lines = [*a_history("opened", "opened"), *a_history("opened", case_id="c2", length=2)]

    found = list(histories(lines, {"opened": {"c1"}, "closed": {"c2"}}))

    assert found == [
        "the history of case c2 has the places [1], not 1 to 2",
        "the history of case c1 says opened 2 times",
        "the history of case c2 says closed 0 times",
    ]
