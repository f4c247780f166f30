"""The real process when others are away, when it is told to end, and when it cannot begin."""

import threading
import time
from dataclasses import replace

import httpx
import pytest

from chassis.errors import Forbidden
from chassis.plain.rpc import Client
from deploy.local.broker import Broker
from deploy.local.house import House
from deploy.local.services import Place
from services.gateway.doors.calls import BUDGET_SECONDS
from tests.support.doors import Door
from tests.support.gateway import LEAD, another, names_of_leads
from tests.support.runners import Running, outcome
from tests.support.waiting import eventually

SECONDS = 60.0  # a bound, not a measure: the machine may be busy


class TestOutages:
    def test_a_service_that_hangs_is_waited_for_as_long_as_the_budget(
        self, running_house: House, http: httpx.Client, door: Door
    ) -> None:
        lead = LEAD | {"name": "Patience"}
        running_house.freeze("sales", frozen=True)
        try:
            began = time.monotonic()
            answer = http.post("/leads", json=lead)
            seconds = time.monotonic() - began
        finally:
            running_house.freeze("sales", frozen=False)

        assert (answer.status_code, answer.json()["code"]) == (504, "gateway.service.slow")
        assert answer.headers["retry-after"] == "30"
        assert BUDGET_SECONDS - 0.5 < seconds < BUDGET_SECONDS + 14
        # Whether or not the first one was done after all, the second is the same.
        assert http.post("/leads", json=lead).status_code == 202
        assert names_of_leads(door, "Patience") == ["Patience"]

    def test_a_service_that_is_away_for_its_own_questions_does_not_lose_the_lead(
        self, running_house: House, http: httpx.Client, door: Door
    ) -> None:
        running_house.freeze("accounts", frozen=True)
        try:
            answer = http.post("/leads", json=LEAD | {"name": "Alone"}, timeout=60)
        finally:
            running_house.freeze("accounts", frozen=False)

        assert answer.status_code == 202
        assert names_of_leads(door, "Alone") == ["Alone"]

    def test_without_a_broker_it_says_so_at_once_and_recovers_by_itself(
        self, running_house: House, http: httpx.Client, place: Place, session_broker: Broker
    ) -> None:
        gateway = httpx.Client(trust_env=False, base_url=place.ops_uri, timeout=SECONDS)
        session_broker.kill()
        try:
            eventually(lambda: gateway.get("/readyz").status_code == 503, seconds=SECONDS)
            began = time.monotonic()
            answer = http.post("/leads", json=LEAD | {"name": "No broker"})
            seconds = time.monotonic() - began
            alive = gateway.get("/livez").status_code
        finally:
            session_broker.start()

        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"
        assert "127.0.0.1" not in answer.text
        assert seconds < SECONDS
        assert alive == 200
        eventually(
            lambda: http.post("/leads", json=LEAD | {"name": "No broker"}).status_code == 202,
            seconds=SECONDS,
        )
        gateway.close()


class TestProcess:
    def test_answers_what_was_asked_before_it_ends(
        self, running_house: House, place: Place
    ) -> None:
        running = Running(another(place))
        eventually(lambda: (ready := running.get("/readyz")) and ready.status_code == 200)
        answers: list[int] = []
        running_house.freeze("sales", frozen=True)
        try:
            asking = threading.Thread(
                target=lambda: answers.append(
                    httpx.post(
                        f"http://127.0.0.1:{running.place.port}/leads",
                        json=LEAD | {"name": "Late"}, trust_env=False, timeout=60,
                    ).status_code
                )
            )  # fmt: skip
            asking.start()
            eventually(lambda: running.value("crm_entrypoint_in_progress") == 1)
            running.signal()
        finally:
            running_house.freeze("sales", frozen=False)

        asking.join()
        assert answers == [202]
        assert running.exit_status() == 0
        running.close()

    def test_has_its_series_from_the_start(self, place: Place) -> None:
        text = httpx.get(f"{place.ops_uri}/metrics", trust_env=False, timeout=SECONDS).text

        for label in ("POST /leads", "GET /u/{token}", "elsewhere"):
            for ended in ("success", "refused", "error"):
                series = (
                    f'crm_entrypoint_requests_total{{entrypoint="{label}",kind="http",'
                    f'outcome="{ended}",service="gateway"}}'
                )
                assert series in text

    def test_logs_json_without_tokens_and_addresses(
        self, http: httpx.Client, place: Place, running_house: House
    ) -> None:
        http.get("/u/a-token-that-nobody-has-0123!", headers={"user-agent": "agent-007"})
        log = running_house.directory / "log" / "gateway.log"

        text = eventually(lambda: (said := log.read_text()) and "GET /u/{token}" in said and said)

        assert all(line.startswith("{") for line in text.splitlines())
        assert not [word for word in ("a-token-that", "agent-007", '"127.0.0.1') if word in text]

    @pytest.mark.parametrize(
        ("changes", "status", "sentence"),
        [
            ({"RAPPORT_DATABASE_URL": "sqlite:///x"}, 2, "Unknown setting RAPPORT_DATABASE_URL"),
            ({"RAPPORT_SIGNING_KEY": "/dev/null"}, 2, "/dev/null holds no Ed25519 private key"),
            ({}, 1, "The HTTP port "),
        ],
        ids=["unknown", "no key", "port taken"],
    )
    def test_cannot_start_with_what_is_wrong(
        self, place: Place, changes: dict[str, str | None], status: int, sentence: str
    ) -> None:
        beside = another(place)
        if status == 1:
            beside = replace(beside, own=place.own)  # the first one's port

        ended = outcome(beside, **changes)

        assert ended[0] == status
        assert ended[1].startswith(sentence)

    def test_may_call_nobody_but_whom_the_contract_names(self, running_house: House) -> None:
        client = Client(running_house.uri_of("gateway"), name="stolen").start()
        with pytest.raises(Forbidden) as caught:
            client.call("accounts", "find_records", {"kind": "customer"})
        client.close()

        assert caught.value.code == "rpc.not_allowed"
