"""How often, how many, and who that is."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from services.gateway.doors.limits import (
    TOKEN_PER_MINUTE,
    Buckets,
    Busy,
    TooManyRequests,
    Turnstile,
    address_of,
)
from tests.support.gateway import LEAD, ONE_CLICK, TOKEN, Front, Wired


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def granted(buckets: Buckets, key: str, times: int) -> int:
    """Count how many of so many requests are let through."""
    count = 0
    for _ in range(times):
        try:
            buckets.take(key)
        except TooManyRequests:
            continue
        count += 1
    return count


class TestBuckets:
    def test_grants_as_many_at_once_as_in_a_minute(self):
        assert granted(Buckets(6, clock=Hand()), "a", 10) == 6

    def test_says_when_to_ask_again_and_keeps_its_word(self):
        hand = Hand()
        buckets = Buckets(6, clock=hand)
        granted(buckets, "a", 6)

        with pytest.raises(TooManyRequests) as caught:
            buckets.take("a")

        hand.seconds += caught.value.detail["retry_after"]
        assert granted(buckets, "a", 2) == 1

    def test_does_not_let_one_pay_for_another(self):
        buckets = Buckets(6, clock=Hand())
        granted(buckets, "a", 10)

        assert granted(buckets, "b", 10) == 6

    @given(st.lists(st.floats(0, 30), max_size=60))
    def test_grants_no_more_than_the_rate_whatever_the_rhythm(self, pauses):
        hand = Hand()
        buckets = Buckets(6, clock=hand)
        count = 0

        for pause in pauses:
            hand.seconds += pause
            count += granted(buckets, "a", 1)

        assert count <= 6 + hand.seconds * 6 / 60 + 1e-6

    def test_keeps_a_bounded_number_and_forgets_the_oldest(self):
        buckets = Buckets(1, most=2, clock=Hand())

        for key in ("a", "b", "c"):
            buckets.take(key)

        assert len(buckets) == 2
        assert [granted(buckets, key, 1) for key in ("c", "b")] == [0, 0]
        assert granted(buckets, "a", 1) == 1


class TestTurnstile:
    def test_lets_only_so_many_in_and_others_after_them(self):
        turnstile = Turnstile(1)

        with turnstile, pytest.raises(Busy), turnstile:
            raise AssertionError

        with turnstile:
            pass


def seen(forwarded: list[str], trusted: int, peer: str = "10.0.0.9") -> str:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return address_of(Request({"type": "http", "client": (peer, 1), "headers": headers}), trusted)


class TestAddress:
    @pytest.mark.parametrize(
        ("forwarded", "trusted", "expected"),
        [
            (["1.1.1.1"], 0, "10.0.0.9"),
            ([], 1, "10.0.0.9"),
            (["1.1.1.1"], 1, "1.1.1.1"),
            (["6.6.6.6, 1.1.1.1"], 1, "1.1.1.1"),
            (["6.6.6.6", "1.1.1.1"], 1, "1.1.1.1"),
            (["6.6.6.6, 1.1.1.1, 10.0.0.8"], 2, "1.1.1.1"),
            (["1.1.1.1"], 2, "10.0.0.9"),
            (["nonsense"], 1, "10.0.0.9"),
            (["2001:db8::1"], 1, "2001:db8::/64"),
            (["::ffff:1.1.1.1"], 1, "1.1.1.1"),
            (["1.1.1.1:5678"], 1, "1.1.1.1"),
            (["[2001:db8::1]:5678"], 1, "2001:db8::/64"),
            (["[2001:db8::1]"], 1, "2001:db8::/64"),
            (["1.1.1.1:"], 1, "10.0.0.9"),
            (["[1.1.1.1"], 1, "10.0.0.9"),
        ],
    )
    def test_is_what_the_outermost_proxy_of_ours_saw(self, forwarded, trusted, expected):
        assert seen(forwarded, trusted) == expected

    def test_of_one_household_is_one(self):
        assert seen(["2001:db8::1"], 1) == seen(["2001:db8::ffff"], 1)
        assert seen(["2001:db8::1"], 1) != seen(["2001:db8:0:1::1"], 1)


class TestDoors:
    def test_one_address_is_bounded_over_all_doors(self, wired):
        front = Front(wired, requests_per_minute=3)

        answers = [
            front.get("/openapi.json"),
            front.get("/no%0Athing"),
            front.post("/leads", json=LEAD),
            front.get(f"/s/{TOKEN}", headers={"accept": "application/json"}),
        ]

        assert [answer.status_code for answer in answers] == [200, 404, 202, 429]
        assert answers[-1].headers["retry-after"] == str(answers[-1].json()["retry_after"])
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
        assert len(wired.asked) == 1

    def test_a_mail_provider_may_post_many_links_but_not_without_a_bound(self, wired):
        front = Front(wired, requests_per_minute=1)

        answers = [front.post(f"/u/{TOKEN}-{n}", data=ONE_CLICK) for n in range(30)]

        statuses = [answer.status_code for answer in answers]
        assert statuses[:20] == [200] * 20
        assert 429 in statuses[20:]
        assert len(wired.asked) == statuses.count(200)

    def test_what_is_posted_to_links_leaves_room_for_everything_else(self, wired):
        front = Front(wired, requests_per_minute=1)
        front.post(f"/u/{TOKEN}", data=ONE_CLICK)

        answers = [front.get(f"/u/{TOKEN}"), front.get(f"/u/{TOKEN}")]

        assert [answer.status_code for answer in answers] == [200, 429]

    def test_one_token_is_bounded_from_however_many_addresses(self, wired):
        front = Front(wired, trusted_proxies=1)

        answers = [
            front.post(f"/u/{TOKEN}", data=ONE_CLICK, headers={"x-forwarded-for": f"1.1.1.{n}"})
            for n in range(TOKEN_PER_MINUTE + 1)
        ]

        assert [answer.status_code for answer in answers] == [200] * TOKEN_PER_MINUTE + [429]

    def test_what_there_is_no_room_for_is_told_to_come_later(self, wired):
        front = Front(wired)
        front.hall.turnstile = Turnstile(0)

        answer = front.post("/leads", json=LEAD)

        assert (answer.status_code, answer.json()["code"]) == (503, "gateway.busy")
        assert answer.headers["retry-after"] == "30"
        assert wired.asked == []

    def test_room_is_made_again_whatever_a_call_ends_with(self):
        front = Front(Wired(asyncio.CancelledError("x")))
        front.hall.turnstile = Turnstile(1)
        front.hall.services.ends = ValueError("a bug")

        assert [front.post("/leads", json=LEAD).status_code for _ in range(2)] == [500, 500]
