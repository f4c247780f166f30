"""What which customers are offered: the narrowest cell decides, and nobody loses his rights."""

import pytest

from services.accounts.domain.customers import CustomerKind, Lifecycle
from services.accounts.domain.policies import (
    BASELINE,
    BaselineStays,
    Entry,
    ExclusionUnexplained,
    How,
    Importance,
    Level,
    Offer,
    OfferTwice,
    Place,
    Scale,
    WithheldReason,
    check,
    importance_of,
    narrowest,
    offers,
    scale_of,
)
from services.accounts.domain.tiers import Tier

SMALL = Place(scale=Scale.SMALL)
LOYAL = Place(customer_class=Lifecycle.LOYAL)
HERE = Place(
    customer_class=Lifecycle.LOYAL, importance=Importance.HIGH, scale=Scale.SMALL
)  # fmt: skip


def withheld(offer: Offer, reason: WithheldReason | None = WithheldReason.COST) -> Entry:
    """Return an entry that excludes somebody."""
    return Entry(offer=offer, level=Level.WITHHELD, reason=reason)


class TestCheck:
    @pytest.mark.parametrize("right", sorted(BASELINE))
    def test_nobody_is_refused_what_everybody_has_a_right_to(self, right: Offer) -> None:
        with pytest.raises(BaselineStays):
            check([withheld(right)])

    def test_there_is_no_exclusion_without_a_reason_and_no_reason_without_one(self) -> None:
        check([withheld(Offer.GIFTS)])
        for wrong in (
            withheld(Offer.GIFTS, None),
            Entry(offer=Offer.GIFTS, level=Level.STANDARD, reason=WithheldReason.COST),
            Entry(offer=Offer.GIFTS, level=Level.PREFERRED, instead=Offer.PHONE_SUPPORT),
        ):
            with pytest.raises(ExclusionUnexplained):
                check([wrong])

    def test_a_cell_says_one_thing_of_each(self) -> None:
        with pytest.raises(OfferTwice):
            check([withheld(Offer.GIFTS), Entry(offer=Offer.GIFTS, level=Level.STANDARD)])


class TestNarrowest:
    @pytest.mark.parametrize(
        ("places", "expected"),
        [
            ([], None),
            ([Place()], Place()),
            ([Place(), SMALL], SMALL),
            ([SMALL, LOYAL], LOYAL),
            ([LOYAL, Place(importance=Importance.HIGH, scale=Scale.SMALL)],
             Place(importance=Importance.HIGH, scale=Scale.SMALL)),
            ([HERE, LOYAL, SMALL], HERE),
            ([Place(scale=Scale.LARGE)], None),
        ],
    )  # fmt: skip
    def test_decides(self, places: list[Place], expected: Place | None) -> None:
        assert narrowest(places, HERE) == expected
        assert narrowest(reversed(places), HERE) == expected

    def test_what_a_cell_does_not_speak_of_is_standard(self) -> None:
        found = {one.offer: one.level for one in offers([withheld(Offer.GIFTS)])}

        assert set(found) == set(Offer)
        assert found.pop(Offer.GIFTS) is Level.WITHHELD
        assert set(found.values()) == {Level.STANDARD}


class TestWeight:
    @pytest.mark.parametrize(
        ("told", "tier", "expected"),
        [
            (None, None, (Importance.NORMAL, How.DEFAULT)),
            (None, Tier.VIP, (Importance.HIGH, How.TIER)),
            (None, Tier.ORDINARY, (Importance.NORMAL, How.TIER)),
            (None, Tier.SMALL, (Importance.LOW, How.TIER)),
            (Importance.HIGH, Tier.SMALL, (Importance.HIGH, How.TOLD)),
        ],
    )
    def test_is_what_somebody_said_or_what_the_tier_says(
        self, told: Importance | None, tier: Tier | None, expected: tuple[Importance, How]
    ) -> None:
        assert importance_of(told, tier) == expected

    def test_a_scale_is_told_or_follows_from_the_kind(self) -> None:
        assert scale_of(None, CustomerKind.PERSON) == (Scale.SMALL, How.KIND)
        assert scale_of(None, CustomerKind.ORGANISATION) == (Scale.MEDIUM, How.KIND)
        assert scale_of(Scale.LARGE, CustomerKind.PERSON) == (Scale.LARGE, How.TOLD)
