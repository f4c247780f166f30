"""What goes out: the same headers on everything, problems for programs and for people."""

import base64
import hashlib
import re

import pytest
import structlog
from prometheus_client import REGISTRY

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, RemoteBug, Unavailable
from services.gateway.doors.calls import told_outside
from tests.support.gateway import LEAD, ONE_CLICK, PAGE, TOKEN, Front, Wired

REQUESTS = {
    "a page": ("GET", f"/u/{TOKEN}", {}),
    "an action": ("POST", f"/u/{TOKEN}", {"data": ONE_CLICK}),
    "data": ("GET", "/openapi.json", {}),
    "a refusal": ("POST", "/leads", {"json": {}}),
    "a path that leads nowhere": ("GET", "/../etc/passwd", {}),
    "a path of two lines": ("GET", "/a%0Ab", {}),
    "a method that is not taken": ("DELETE", "/leads", {}),
}


@pytest.mark.parametrize("case", REQUESTS)
class TestHeaders:
    def test_are_on_everything(self, front, case):
        method, path, more = REQUESTS[case]

        headers = front.ask(method, path, **more).headers

        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "form-action 'self'; frame-ancestors 'none'; base-uri 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert not {"server", "set-cookie", "strict-transport-security"} & set(headers)

    def test_keep_a_browser_to_https_where_visitors_come_by_it(self, wired, case):
        method, path, more = REQUESTS[case]

        headers = Front(wired, https=True).ask(method, path, **more).headers

        assert headers["strict-transport-security"] == "max-age=31536000"


def test_the_one_style_is_the_one_that_the_policy_allows(front):
    answer = front.get(f"/u/{TOKEN}")

    (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


class TestProblems:
    def test_for_a_program_are_of_rfc_9457(self, front):
        answer = front.get("/nothing")

        said = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert (said["type"], said["title"], said["status"]) == ("about:blank", "Not Found", 404)
        assert said["detail"] == "There is nothing here."
        assert said["code"] == "gateway.path.unknown"
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", said["instance"])

    def test_for_a_person_are_a_page(self, front):
        answer = front.post("/leads", data={"name": "<b>Ada</b>"}, headers=PAGE)

        assert answer.status_code == 422
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "email: a mail address or a phone number is needed" in answer.text
        assert "<b>" not in answer.text

    def test_say_which_methods_there_are(self, front):
        answers = [front.ask("PATCH", path) for path in ("/leads", f"/u/{TOKEN}")]

        assert [answer.status_code for answer in answers] == [405, 405]
        assert [answer.headers["allow"] for answer in answers] == ["POST", "GET, HEAD, POST"]

    def test_of_ours_say_nothing_of_what_happened_inside(self):
        answer = Front(Wired(ValueError("secret"))).post("/leads", json=LEAD)

        assert (answer.status_code, answer.json()["code"]) == (500, "bug")
        assert "secret" not in answer.text

    @pytest.mark.parametrize(
        ("path", "status"),
        [("/leads/", 404), ("//leads", 404), ("/u/", 404), ("/u", 404), ("/healthz", 404)],
    )
    def test_are_all_there_is_beside_the_doors(self, front, path, status):
        assert front.get(path).status_code == status


class TestWhatACallEndedWith:
    @pytest.mark.parametrize(
        ("error", "status", "code", "is_later"),
        [
            (Invalid("No.", code="x.y.z"), 422, "x.y.z", False),
            (NotFound("No.", code="x.y.z"), 404, "x.y.z", False),
            (Conflict("No.", code="x.y.z"), 409, "x.y.z", False),
            (Unavailable("10.1.2.3 is down", code="x.y.z"), 503, "x.y.z", True),
            (Unavailable("No.", code="rpc.timeout"), 504, "gateway.service.slow", True),
            (TimeoutError(), 504, "gateway.service.slow", True),
            (NotFound("No.", code="rpc.unknown_service"), 502, "gateway.service.failed", False),
            (Invalid("No.", code="rpc.malformed"), 502, "gateway.service.failed", False),
            (Forbidden("No.", code="auth.call_not_allowed"), 502, "gateway.service.failed", False),
            (Forbidden("No.", code="x.y.z"), 502, "gateway.service.failed", False),
            (RemoteBug("KeyError: 'Yolanda'"), 502, "gateway.service.failed", False),
        ],
    )
    def test_is_told_as_far_as_it_concerns_a_visitor(self, error, status, code, is_later):
        front = Front(Wired(told_outside(error, "sales.capture_lead")))

        answer = front.post("/leads", json=LEAD)

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert ("retry-after" in answer.headers) is is_later
        assert "10.1.2.3" not in answer.text
        assert "Yolanda" not in answer.text


class TestLogsAndMetrics:
    def test_never_hold_a_token_or_what_was_said(self, front):
        with structlog.testing.capture_logs() as lines:
            front.get(f"/u/{TOKEN}")
            front.post("/leads", json=LEAD)
            front.get(f"/s/{TOKEN}x", headers={"referer": f"http://x/{TOKEN}"})
            front.get(f"/unknown/{TOKEN}")

        text = str(lines)
        assert [line["entrypoint"] for line in lines] == [
            "GET /u/{token}", "POST /leads", "GET /s/{token}", "elsewhere",
        ]  # fmt: skip
        assert not [word for word in (TOKEN, "Ada", "ada@", "203.0.113") if word in text]

    def test_count_each_door_by_how_it_ended(self, wired):
        def count(entrypoint: str, outcome: str) -> float:
            labels = {"service": "gateway", "entrypoint": entrypoint, "kind": "http"}
            found = REGISTRY.get_sample_value(
                "crm_entrypoint_requests_total", labels | {"outcome": outcome}
            )
            assert found is not None, "a series exists from the start"
            return found

        def counts() -> list[float]:
            return [
                count("POST /leads", "success"), count("POST /leads", "refused"),
                count("POST /leads", "error"), count("elsewhere", "refused"),
            ]  # fmt: skip

        front = Front(wired)
        before = counts()
        front.post("/leads", json=LEAD)
        front.post("/leads", json={})
        front.get("/no%0Athing")
        wired.ends = Unavailable("away")
        front.post("/leads", json=LEAD)

        assert [b - a for a, b in zip(before, counts(), strict=True)] == [1, 1, 1, 1]
