"""What each door does: a GET shows, a POST acts, and twice the same is once."""

import pytest

from chassis.errors import NotFound
from contracts.calls import CALLS
from services.gateway.doors.rows import rows
from services.gateway.service import Gateway
from tests.support.gateway import ONE_CLICK, PAGE, TOKEN, Front, Wired

DOORS = rows(Gateway)
FORM = {"content-type": "application/x-www-form-urlencoded"}
SCORES = {"expected": {"price": 5, "channel": 7}, "perceived": {"price": 4, "channel": 9}}
SCORES_AS_FORM = {
    "expected.price": "5", "expected.channel": "7", "perceived.price": "4",
    "perceived.channel": "9", "comment": "",
}  # fmt: skip
PART = (
    '--bound\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
    "One-Click\r\n--bound--\r\n"
)  # fmt: skip


def test_the_page_calls_what_the_contract_allows_and_all_of_it():
    called = {row.calls for row in DOORS.values() if row.calls}

    assert called == {
        f"{service}.{method}" for service, methods in CALLS["gateway"].items() for method in methods
    }


@pytest.mark.parametrize("path", [f"/u/{TOKEN}", f"/s/{TOKEN}"])
class TestLinks:
    """Pain point 10: whoever follows a link changes nothing."""

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_pain_point_10_following_it_asks_a_form_only(self, front, wired, path, method):
        answer = front.ask(method, path)

        assert answer.status_code == 200
        assert [target.endswith("_form") for target, _, _ in wired.asked] == [True]
        assert [key for _, _, key in wired.asked] == [None]

    def test_is_a_page_for_whoever_says_nothing(self, front, path):
        answer = front.get(path, headers={"accept": "*/*"})

        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert '<html lang="en">' in answer.text
        assert '<form method="post">' in answer.text

    def test_loads_and_runs_nothing_from_elsewhere(self, front, path):
        text = front.get(path).text

        assert not [
            word for word in ("<script", "src=", "href=", "http", "@import") if word in text
        ]

    def test_is_asked_anew_each_time_whatever_its_sender_calls_it(self, front, wired, path):
        body = ONE_CLICK if path.startswith("/u/") else SCORES

        for _ in range(2):
            front.post(path, json=body, headers={"idempotency-key": "1"})

        assert [key for _, _, key in wired.asked] == [None, None]

    def test_does_not_hold_its_token(self, front, path):
        assert TOKEN not in front.get(path).text

    @pytest.mark.parametrize("token", ["short", "a" * 129, "with%20space-0123456789", "..%2f" * 5])
    def test_asks_nobody_about_what_is_no_token(self, front, wired, path, token):
        answer = front.get(path.replace(TOKEN, token))

        assert answer.status_code == 404
        assert wired.asked == []

    def test_says_that_a_link_leads_nowhere(self, path):
        nobody = Front(Wired(NotFound("This link is over.", code="x.link.over")))

        answer = nobody.get(path, headers={"accept": "application/json"})

        assert answer.status_code == 404
        assert answer.json()["code"] == "x.link.over"


class TestUnsubscribe:
    def test_says_nothing_of_who_it_is(self, front):
        answer = front.get(f"/u/{TOKEN}", headers={"accept": "application/json"})

        assert answer.json() == {"purpose": "marketing", "channel": "mail", "state": "subscribed"}

    def test_asks_nothing_more_when_the_mail_has_stopped(self):
        text = Front(Wired({"state": "unsubscribed"})).get(f"/u/{TOKEN}").text

        assert "<form" not in text

    @pytest.mark.parametrize(
        "request_",
        [
            {"data": ONE_CLICK},
            {"data": ONE_CLICK, "headers": PAGE},
            {"content": PART, "headers": {"content-type": "multipart/form-data; boundary=bound"}},
        ],
        ids=["one click", "the page's button", "in parts"],
    )
    def test_takes_the_body_of_rfc_8058(self, front, wired, request_):
        answer = front.post(f"/u/{TOKEN}", **request_)

        assert answer.status_code == 200
        assert [(target, said) for target, said, _ in wired.asked] == [
            ("marketing.unsubscribe", {"token": TOKEN})
        ]

    def test_sets_no_cookie_and_redirects_nowhere(self, front):
        answer = front.post(f"/u/{TOKEN}", data=ONE_CLICK)

        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers

    @pytest.mark.parametrize(
        "body", [{}, {"List-Unsubscribe": "one-click"}, ONE_CLICK | {"more": "1"}]
    )
    def test_takes_no_other_body(self, front, wired, body):
        answer = front.post(f"/u/{TOKEN}", data=body, headers=FORM)

        assert answer.status_code == 422
        assert wired.asked == []


class TestSurvey:
    def test_asks_for_both_scores_of_each_driver(self, front):
        text = front.get(f"/s/{TOKEN}").text

        assert text.count('type="number"') == 4
        for name in ("expected.price", "perceived.price", "expected.staff_attitude"):
            assert f'name="{name}" min="1" max="10"' in text
        assert "<legend>The price</legend>" in text
        assert text.count("<label") == text.count("<input") + text.count("<textarea")

    def test_asks_nothing_more_when_it_was_answered(self):
        text = Front(Wired({"answered": True})).get(f"/s/{TOKEN}").text

        assert "<form" not in text

    def test_shows_only_what_is_declared(self, front):
        answer = front.get(f"/s/{TOKEN}", headers={"accept": "application/json"})

        assert sorted(answer.json()) == [
            "answered", "drivers", "invitation", "least", "most", "purpose", "questions",
        ]  # fmt: skip

    @pytest.mark.parametrize("request_", [{"json": SCORES}, {"data": SCORES_AS_FORM}])
    def test_hands_on_the_scores_as_numbers(self, front, wired, request_):
        answer = front.post(f"/s/{TOKEN}", **request_)

        assert answer.status_code == 200
        assert [said for _, said, _ in wired.asked] == [{"token": TOKEN} | SCORES]

    @pytest.mark.parametrize(
        "change",
        [
            {"expected": {"price": 0}},
            {"expected": {"price": 11}},
            {"expected": {"price": 7.9}},
            {"expected": {"price": "7.9"}},
            {"expected": {"price": True}},
            {"perceived": {"price": "much"}},
            {"perceived": {"PRICE!": 5}},
            {"perceived": {}},
            {"perceived": {f"d{n}": 5 for n in range(21)}},
            {"perceived": [5]},
            {"comment": "x" * 4001},
            {"comment": "a\x00b"},
            {"colour": "red"},
        ],
        ids=str,
    )
    def test_refuses_what_is_no_score(self, front, wired, change):
        answer = front.post(f"/s/{TOKEN}", json=SCORES | change)

        assert answer.status_code == 422
        assert wired.asked == []

    def test_writes_whatever_it_is_told_as_text(self):
        evil = "<script>alert(1)</script>"
        asking = Front(Wired({"drivers": [evil], "purpose": evil}))

        assert evil not in asking.get(f"/s/{TOKEN}").text
