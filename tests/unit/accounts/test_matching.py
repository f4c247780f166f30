import itertools

import pytest

from services.accounts.domain.matching import (
    CERTAIN,
    WEIGHTS,
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


class TestContacts:
    """A known contact's mail and phone lead to its customer."""

    @pytest.mark.parametrize(
        ("person", "expected", "reasons"),
        [
            (Profile("bob", "ann@gmail.com"), 88, ("contact_email",)),
            (Profile("bob", None, "+12125550123"), 70, ("contact_phone",)),
            (Profile("ann lee", None, "+12125550123"), 85, ("contact_phone", "contact_name")),
            (Profile("ann lee"), 0, ()),
        ],
    )
    def test_lead_to_its_customer(
        self, person: Profile, expected: int, reasons: tuple[str, ...]
    ) -> None:
        acme = Candidate("c1", 1, None, Profile("acme"), (person,))

        found = [(one.score, one.reasons) for one in rank(ANN, [acme])]

        assert found == ([(expected, reasons)] if reasons else [])

    def test_prove_nothing_more_of_what_is_the_customers_own(self) -> None:
        known = Profile("x", "ann@gmail.com", "+12125550123")

        (match,) = rank(ANN, [Candidate("c1", 1, None, known, (known,))])

        assert match.reasons == ("email", "phone")


class TestSimilarNames:
    @pytest.mark.parametrize(
        ("facts", "expected", "reasons"),
        [
            ({"name_key": "anne lee"}, 25, ("similar_name",)),
            (
                {"name_key": "anne lee", "phone_e164": "+12125550123"},
                81,
                ("phone", "similar_name"),
            ),
        ],
    )
    def test_a_slip_is_evidence_and_never_proof(
        self, facts: dict[str, object], expected: int, reasons: tuple[str, ...]
    ) -> None:
        (match,) = rank(ANN, [a_candidate(**facts)])

        assert (match.score, match.reasons, match.certain) == (expected, reasons, False)


NAMES = (None, "ann lee", "anne lee", "acme")
MAILS = (None, "ann@gmail.com", "ann@acme.com", "bob@acme.com")
PHONES = (None, "+12125550123", "+12125550124")
PROFILES = [Profile(*facts) for facts in itertools.product(NAMES, MAILS, PHONES)]


@pytest.mark.parametrize("told", PROFILES, ids=str)
def test_the_score_and_the_keys_of_an_import_agree_on_who_is_certain(told: Profile) -> None:
    """Of all customers with one contact that these facts make; 48 times 48 times 48 in all."""
    mine = {key for _, key in certain_keys(told)}

    for known, person in itertools.product(PROFILES, PROFILES):
        found = rank(told, [Candidate("c1", 1, None, known, (person,))])
        theirs = {key for _, key in certain_keys(known, (person,))}
        is_certain = any(match.certain for match in found)
        assert is_certain is not mine.isdisjoint(theirs), (known, person, found)


def test_no_evidence_is_without_weight() -> None:
    assert all(0 < weight <= 100 for weight in WEIGHTS.values())


def test_whoever_shares_a_certain_key_scores_as_certain() -> None:
    keys = [column for column, _ in certain_keys(ANN)]

    assert keys == ["email", "phone"]
    assert score(["email"]) >= CERTAIN
    assert score(["phone", "name"]) >= CERTAIN
    assert score(["phone"]) < CERTAIN
    assert score(["name", "company_domain"]) < CERTAIN
