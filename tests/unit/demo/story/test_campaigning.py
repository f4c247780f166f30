import pytest

from demo.story.campaigning import one_click, same
from deploy.local.mail.spool import Stored

LOOKED = Stored("s1@rapport.invalid", "ann@example.com", 0.0, b"")
CLICKED = Stored("s2@rapport.invalid", "bob@example.com", 0.0, b"")


class TestSame:
    def test_does_not_mind_the_order(self) -> None:
        check = same("Mail went to each", ["bob@x", "ann@x"], ["ann@x", "bob@x"])

        assert (check.passed, check.detail) == (True, "2, 0 too many, 0 missing")

    @pytest.mark.parametrize(
        ("found", "told"),
        [
            (["ann@x"], "1, 0 too many, 1 missing"),
            (["ann@x", "bob@x", "eve@x"], "3, 1 too many, 0 missing"),  # eve refused
            (["ann@x", "eve@x"], "2, 1 too many, 1 missing"),
            (["ann@x", "ann@x", "bob@x"], "3, 1 too many, 0 missing"),
        ],
    )
    def test_notices_who_is_missing_and_who_is_one_too_many(
        self, found: list[str], told: str
    ) -> None:
        check = same("Mail went to each", found, ["ann@x", "bob@x"])

        assert (check.passed, check.detail) == (False, told)


class TestOneClick:
    def test_withdraws_the_consent_of_who_clicked(self) -> None:
        check = one_click((200, 200), LOOKED, CLICKED, ["send:s2"])

        assert (check.passed, check.detail) == (True, "200, 200, withdrawn: who clicked")

    @pytest.mark.parametrize(
        ("statuses", "evidence", "told"),
        [
            ((200, 200), ["send:s1"], "200, 200, withdrawn: who looked"),
            ((200, 200), ["send:s1", "send:s2"], "200, 200, withdrawn: who looked, who clicked"),
            ((200, 200), ["send:s9"], "200, 200, withdrawn: send:s9"),
            ((200, 200), [], "200, 200, withdrawn: nobody"),
            ((200, 500), ["send:s2"], "200, 500, withdrawn: who clicked"),
        ],
    )
    def test_notices_whatever_else_came_of_it(
        self, statuses: tuple[int, int], evidence: list[str], told: str
    ) -> None:
        check = one_click(statuses, LOOKED, CLICKED, evidence)

        assert (check.passed, check.detail) == (False, told)
