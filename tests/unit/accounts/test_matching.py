import pytest

from services.accounts.domain.matching import (
    CERTAIN,
    Candidate,
    Profile,
    certain_keys,
    rank,
    score,
)

ANN = Profile("ann lee", "ann@gmail.com", "+12125550123", {"erp": "A1"})


def a_candidate(id_: str = "c1", **facts: object) -> Candidate:
    return Candidate(id_, 1, None, Profile(**facts))


@pytest.mark.parametrize(
    ("facts", "expected", "reasons"),
    [
        ({"external_ids": {"erp": "A1"}}, 100, ("external_id",)),
        ({"email": "ann@gmail.com"}, 90, ("email",)),
        ({"phone_e164": "+12125550123", "name_key": "ann lee"}, 88, ("phone", "name")),
        ({"phone_e164": "+12125550123"}, 75, ("phone",)),
        ({"name_key": "ann lee"}, 50, ("name",)),
    ],
)
def test_evidence_adds_up(
    facts: dict[str, object], expected: int, reasons: tuple[str, ...]
) -> None:
    (match,) = rank(ANN, [a_candidate(**facts)])

    assert (match.score, match.reasons) == (expected, reasons)
    assert match.certain is (expected >= CERTAIN)


@pytest.mark.parametrize(
    "facts",
    [
        {"email": "bob@gmail.com"},
        {"external_ids": {"crm": "A1"}},
        {"external_ids": {"erp": "A2"}},
        {"phone_e164": "+12125550124"},
    ],
)
def test_a_stranger_does_not_match(facts: dict[str, object]) -> None:
    assert rank(ANN, [a_candidate(**facts)]) == []


def test_a_company_domain_alone_is_no_match_but_supports_a_name() -> None:
    given = Profile("acme", "ann@acme.com")

    colleagues = rank(given, [a_candidate(email="bob@acme.com", name_key="bob")])
    (same,) = rank(given, [a_candidate(email="info@acme.com", name_key="acme")])

    assert colleagues == []
    assert same.reasons == ("name", "company_domain")
    assert not same.certain


def test_missing_facts_are_not_equal() -> None:
    assert rank(Profile(), [a_candidate()]) == []


def test_the_likeliest_comes_first() -> None:
    found = rank(
        ANN, [a_candidate("a", name_key="ann lee"), a_candidate("b", email="ann@gmail.com")]
    )

    assert [match.customer_id for match in found] == ["b", "a"]


def test_whoever_shares_a_certain_key_scores_as_certain() -> None:
    keys = [column for column, _ in certain_keys(ANN)]

    assert keys == ["email", "phone"]
    assert score(["email"]) >= CERTAIN
    assert score(["phone", "name"]) >= CERTAIN
    assert score(["phone"]) < CERTAIN
    assert score(["name", "company_domain"]) < CERTAIN
