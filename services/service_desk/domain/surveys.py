"""Surveys: what is asked, and what an answer means."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from chassis.errors import Conflict, Invalid, NotFound

LEAST, MOST = 1, 10
OPEN_FOR = timedelta(days=30)
TOKEN_BYTES = 32
GAP_SCALE = Decimal("0.0001")


class SurveyMoment(StrEnum):
    """When in the dealings with a customer it is asked."""

    PRE_SALE = "pre_sale"
    IN_SALE = "in_sale"
    POST_SALE = "post_sale"


class Driver(StrEnum):
    """What satisfaction comes from."""

    PRODUCT_FEATURES = "product_features"
    CHANNEL = "channel"
    PRICE = "price"
    STAFF_ATTITUDE = "staff_attitude"
    SERVICE_PHILOSOPHY = "service_philosophy"
    PUBLIC_IMAGE = "public_image"
    PROMOTION = "promotion"


class Satisfaction(StrEnum):
    """How what a customer found compares with what they had expected."""

    DISSATISFIED = "dissatisfied"
    SATISFIED = "satisfied"
    HIGHLY_SATISFIED = "highly_satisfied"


# Why it is asked, as the letter says it.
PURPOSES = {
    SurveyMoment.PRE_SALE: "We would like to know what you expect of us before you decide.",
    SurveyMoment.IN_SALE: "We would like to know how our product does in your hands.",
    SurveyMoment.POST_SALE: "We would like to know what our service has done for you.",
}
QUESTIONS = {
    Driver.PRODUCT_FEATURES: "what the product can do",
    Driver.CHANNEL: "where and how you could buy it",
    Driver.PRICE: "the price",
    Driver.STAFF_ATTITUDE: "how our people treated you",
    Driver.SERVICE_PHILOSOPHY: "how seriously we take service",
    Driver.PUBLIC_IMAGE: "our reputation",
    Driver.PROMOTION: "our offers",
}
INVITATION = "Say openly what you expected, also where we fell short of it."


@dataclass(frozen=True, slots=True)
class Score:
    """What a customer expected of one driver and what they found, each 1 to 10."""

    driver: Driver
    expected: int
    perceived: int

    @property
    def gap(self) -> int:
        """Return perceived minus expected."""
        return self.perceived - self.expected


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scores of one answer come to."""

    gap: Decimal  # mean of perceived minus expected, four places
    satisfaction: Satisfaction


class SurveyNotFound(NotFound):
    """Refuse a link that leads nowhere, or no longer: whoever tries links learns nothing."""

    code = "service_desk.survey.not_found"


class AlreadyAnswered(Conflict):
    """Refuse a second answer that differs from the first."""

    code = "service_desk.survey.already_answered"


class AlreadyInvited(Conflict):
    """Refuse to ask a customer again before the first question has run out."""

    code = "service_desk.survey.already_invited"


class NotTheCustomersCase(Invalid):
    """Refuse to ask one customer about the case of another."""

    code = "service_desk.survey.not_the_customers_case"


class DriversDiffer(Invalid):
    """Refuse an answer that expects of one thing and finds of another."""

    code = "service_desk.survey.drivers_differ"


def new_token() -> str:
    """Make the random part of a link: 256 bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def demand_open(expires_at: datetime | None, now: datetime) -> None:
    """Demand that a link leads somewhere.

    :raises SurveyNotFound: if there is none of it, or its time is over: the two look the same.
    """
    if expires_at is None or now >= expires_at:
        raise SurveyNotFound("This link leads to no survey, or its time is over.")


def demand_same_customer(customer_id: str | None, asked_id: str) -> None:
    """Demand that a case is the customer's who is asked about it.

    :raises NotTheCustomersCase: if it is not.
    """
    if customer_id != asked_id:
        raise NotTheCustomersCase("The case is not this customer's.")


def demand_same_answer(*, is_same: bool) -> None:
    """Demand that an answer that comes again is the one that was given.

    :raises AlreadyAnswered: if it is not.
    """
    if not is_same:
        raise AlreadyAnswered("This survey was answered before, otherwise.")


def scores(expected: Mapping[Driver, int], perceived: Mapping[Driver, int]) -> tuple[Score, ...]:
    """Pair what was expected with what was found.

    :raises DriversDiffer: if they are not about the same drivers.
    """
    if expected.keys() != perceived.keys():
        raise DriversDiffer(
            "Give both scores for each driver that you answer.",
            detail={"drivers": sorted(expected.keys() ^ perceived.keys())},
        )
    return tuple(
        Score(driver, expected[driver], perceived[driver])
        for driver in Driver
        if driver in expected
    )


def weigh(answered: tuple[Score, ...]) -> Verdict:
    """Return the mean gap, and the satisfaction by its exact sign."""
    total = sum(score.gap for score in answered)
    return Verdict((Decimal(total) / len(answered)).quantize(GAP_SCALE), classify(total))


def classify(gap: Decimal | int) -> Satisfaction:
    """Return what a gap means: below zero dissatisfied, zero satisfied, above highly satisfied."""
    if gap < 0:
        return Satisfaction.DISSATISFIED
    return Satisfaction.HIGHLY_SATISFIED if gap > 0 else Satisfaction.SATISFIED
