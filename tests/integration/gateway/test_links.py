"""The links of real mails, followed: asking changes nothing, pressing the button does, once."""

from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.marketing.tables import Suppression
from services.service_desk.service import ServiceDesk
from services.service_desk.tables import Survey
from tests.support.gateway import ONE_CLICK, PAGE, Front, Rooms
from tests.support.mail import a_post
from tests.support.marketing import a_campaign, a_marketing, allow, know_customer, launch, run
from tests.support.sales import NextDoor, Room, a_room
from tests.support.service_desk import Front as Agent
from tests.support.service_desk import know_everybody, token_of, told

JSON = {"accept": "application/json"}
FILLED_IN = {"expected.price": "8", "perceived.price": "6", "comment": "Too dear.",
             "expected.promotion": "", "perceived.promotion": ""}  # fmt: skip


def books(room: Room) -> list[Any]:
    """Return everything that a service has told and stored of who asked."""
    with room.runtime.database.reading() as session:
        tables = ("outbox", "audit", "idempotency", "timers", "processes")
        connection = session.connection()
        return [connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in tables]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Room]:
    """A desk that has asked a customer."""
    with a_room(ServiceDesk, f"sqlite:///{tmp_path / 'desk.db'}", tmp_path) as room:
        know_everybody(room)
        room.call("invite_survey", Agent(room).token, customer_id="c1", moment="post_sale")
        yield room


@pytest.fixture
def survey(desk: Room, tmp_path: Path) -> tuple[Front, str]:
    """The gateway before the desk, and the path of the link."""
    return Front(Rooms(NextDoor(desk), tmp_path)), f"/s/{token_of(desk)}"


class TestSurvey:
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_following_the_link_changes_nothing(
        self, desk: Room, survey: tuple[Front, str], method: str
    ) -> None:
        front, path = survey
        before = books(desk)

        answers = [front.ask(method, path, headers=PAGE) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200] * 3
        assert books(desk) == before

    def test_the_page_asks_what_the_desk_asks(self, survey: tuple[Front, str]) -> None:
        front, path = survey

        text = front.get(path, headers=PAGE).text

        assert text.count('type="number"') == 14
        assert "what our service has done for you" in text

    def test_an_answer_counts_once(self, desk: Room, survey: tuple[Front, str]) -> None:
        front, path = survey

        answers = [front.post(path, data=FILLED_IN, headers=PAGE) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 200]
        (told_,) = told(desk, "survey.answered")
        assert (told_["expected"], told_["perceived"]) == ({"price": 8}, {"price": 6})
        assert [row.comment for row in desk.rows(Survey)] == ["Too dear."]
        assert "You have answered already" in front.get(path).text

    def test_another_answer_is_not_taken(self, desk: Room, survey: tuple[Front, str]) -> None:
        front, path = survey
        front.post(path, data=FILLED_IN)

        answer = front.post(path, data=FILLED_IN | {"perceived.price": "9"}, headers=JSON)

        assert answer.status_code == 409
        assert answer.json()["code"] == "service_desk.survey.already_answered"
        assert len(told(desk, "survey.answered")) == 1

    def test_half_an_answer_is_not_taken(self, desk: Room, survey: tuple[Front, str]) -> None:
        front, path = survey

        answer = front.post(path, data=FILLED_IN | {"expected.promotion": "5"}, headers=JSON)

        assert answer.status_code == 422
        assert told(desk, "survey.answered") == []

    def test_a_link_whose_time_is_over_looks_like_one_that_never_was(
        self, desk: Room, survey: tuple[Front, str]
    ) -> None:
        front, path = survey
        desk.clock.pass_(days=31)

        over, never = (front.get(one, headers=JSON) for one in (path, f"{path}x"))

        assert (over.status_code, never.status_code) == (404, 404)
        assert over.json()["detail"] == never.json()["detail"]


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[tuple[Room, Front, Any]]:
    """A marketing that has sent one customer a mail; the gateway before it, and the mail."""
    folder = tmp_path / "post"
    folder.mkdir()
    with (
        a_post(folder) as post,
        a_marketing(f"sqlite:///{tmp_path / 'm.db'}", tmp_path, post.uri) as marketing,
    ):
        know_customer(marketing, tier="vip")
        allow(marketing)
        launch(marketing, a_campaign(marketing))
        run(marketing)
        (found,) = post.sink.messages()
        front = Front(Rooms(NextDoor(marketing), tmp_path))
        yield marketing, front, message_from_bytes(found.raw)


class TestUnsubscribe:
    def link(self, message: Any) -> str:
        return urlsplit(message["List-Unsubscribe"].strip("<>")).path

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_pain_point_10_a_scanner_that_follows_the_link_unsubscribes_nobody(
        self, mail: tuple[Room, Front, Any], method: str
    ) -> None:
        marketing, front, message = mail
        before = books(marketing)

        answers = [front.ask(method, self.link(message)) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200] * 3
        assert books(marketing) == before
        assert [row.unsubscribed_at for row in marketing.rows(Suppression)] in ([], [None])

    def test_pain_point_10_one_post_of_the_mail_program_does(
        self, mail: tuple[Room, Front, Any]
    ) -> None:
        marketing, front, message = mail
        name, _, value = message["List-Unsubscribe-Post"].partition("=")

        answers = [front.post(self.link(message), data={name: value}) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 200]
        (told_,) = marketing.told("marketing.contact.unsubscribed.v1")
        assert told_["customer_id"] == "c1"
        assert "stopped already" in front.get(self.link(message)).text

    def test_whoever_allowed_it_again_may_stop_it_again_by_the_same_link(
        self, mail: tuple[Room, Front, Any]
    ) -> None:
        marketing, front, message = mail
        front.post(self.link(message), data=ONE_CLICK)
        marketing.clock.pass_(hours=1)
        allow(marketing, version=2, at=marketing.clock.now())
        allowed = front.get(self.link(message), headers=JSON).json()["state"]
        marketing.clock.pass_(hours=1)

        front.post(self.link(message), data=ONE_CLICK)

        assert allowed == "subscribed"
        assert front.get(self.link(message), headers=JSON).json()["state"] == "unsubscribed"
        assert len(marketing.told("marketing.contact.unsubscribed.v1")) == 2

    def test_a_post_of_anything_else_does_not(self, mail: tuple[Room, Front, Any]) -> None:
        marketing, front, message = mail
        before = books(marketing)

        answer = front.post(self.link(message), data=ONE_CLICK | {"List-Unsubscribe": "yes"})

        assert answer.status_code == 422
        assert books(marketing) == before

    def test_the_page_does_not_say_whose_it_is(self, mail: tuple[Room, Front, Any]) -> None:
        _, front, message = mail

        answers = [front.get(self.link(message), headers=how) for how in (PAGE, JSON)]

        for answer in answers:
            assert not [word for word in ("example.com", "c1", "Name of") if word in answer.text]
