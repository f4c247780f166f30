"""Double opt-in from the question to the consent: asked, mailed, followed, told to who sends."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.accounts.service import Accounts
from services.accounts.tables import Consent
from tests.support.gateway import PAGE, Front, Rooms
from tests.support.mail import a_post
from tests.support.marketing import a_marketing, run
from tests.support.sales import NextDoor, Room, a_room

JSON = {"accept": "application/json"}
YES = {"confirm": "yes"}


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[tuple[Room, Room, Front, str]]:
    """Accounts that asked a customer, marketing that wrote to him, and the path of his link."""
    (tmp_path / "post").mkdir()
    with (
        a_post(tmp_path / "post") as post,
        a_room(Accounts, f"sqlite:///{tmp_path / 'a.db'}", tmp_path) as accounts,
        a_marketing(f"sqlite:///{tmp_path / 'm.db'}", tmp_path, post.uri) as marketing,
    ):
        admin = accounts.person("admin", "admin")
        known = accounts.call(
            "register_customer", admin, name="Ada Ames", email="ada@example.com"
        )["customer_id"]  # fmt: skip
        accounts.call("ask_consent", admin, customer_id=known, channel="mail")
        accounts.carry_to(marketing)
        run(marketing)
        (letter,) = post.sink.messages()
        text = letter.parsed().get_content()
        (link,) = [word for word in text.split() if word.startswith("https://")]
        yield accounts, marketing, Front(Rooms(NextDoor(accounts), tmp_path)), urlsplit(link).path


class TestConsentLink:
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_following_it_changes_nothing(
        self, followed: tuple[Room, Room, Front, str], method: str
    ) -> None:
        accounts, _, front, path = followed

        answers = [front.ask(method, path, headers=PAGE) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200] * 3
        assert accounts.rows(Consent) == []

    def test_pressing_the_button_is_the_consent_once(
        self, followed: tuple[Room, Room, Front, str]
    ) -> None:
        accounts, marketing, front, path = followed

        answers = [front.post(path, data=YES, headers=PAGE) for _ in range(2)]
        accounts.carry_to(marketing)

        assert [answer.status_code for answer in answers] == [200, 200]
        (consent,) = accounts.rows(Consent)
        assert (consent.granted, consent.confirmed_at) == (True, accounts.clock.now())
        (told,) = accounts.told("accounts.consent.recorded.v1")
        assert told["granted"] is True
        assert "confirmed this already" in front.get(path, headers=PAGE).text

    def test_a_post_of_anything_else_does_not(
        self, followed: tuple[Room, Room, Front, str]
    ) -> None:
        accounts, _, front, path = followed

        answer = front.post(path, data={"confirm": "no"}, headers=JSON)

        assert answer.status_code == 422
        assert accounts.rows(Consent) == []

    def test_does_not_say_whose_it_is(self, followed: tuple[Room, Room, Front, str]) -> None:
        *_, front, path = followed

        for how in (PAGE, JSON):
            text = front.get(path, headers=how).text
            assert not [word for word in ("example.com", "Ada", "Ames") if word in text]

    def test_one_whose_time_is_over_looks_like_one_that_never_was(
        self, followed: tuple[Room, Room, Front, str]
    ) -> None:
        accounts, _, front, path = followed
        accounts.clock.pass_(days=8)

        over, never = (front.get(one, headers=JSON) for one in (path, f"{path}x"))

        assert (over.status_code, never.status_code) == (404, 404)
        assert over.json()["detail"] == never.json()["detail"]
