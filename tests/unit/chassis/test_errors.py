"""Errors survive the wire, and bugs say nothing internal."""

import pytest

from chassis.errors import (
    CATEGORIES,
    Conflict,
    NotFound,
    RemoteBug,
    StaleVersion,
    Unavailable,
    from_wire,
    to_wire,
)


class TestTheWire:
    @pytest.mark.parametrize("category", sorted(CATEGORIES))
    def test_brings_back_category_code_message_and_detail(self, category):
        error = CATEGORIES[category]("Say why.", code="sales.lead.closed", detail={"id": "x"})

        back = from_wire(to_wire(error))

        assert type(back) is CATEGORIES[category]
        assert (back.code, back.message, back.detail) == (
            "sales.lead.closed",
            "Say why.",
            {"id": "x"},
        )

    def test_tells_a_specific_error_by_its_category_and_code(self):
        back = from_wire(to_wire(StaleVersion("Read it again.", detail={"version": 3})))

        assert type(back) is Conflict
        assert back.code == "stale_version"

    def test_says_nothing_internal_of_a_bug(self):
        wire = to_wire(KeyError("password=hunter2"))

        assert "hunter2" not in str(wire)
        assert wire["category"] == "bug"
        assert isinstance(from_wire(wire), RemoteBug)

    def test_reads_what_a_stock_nameko_service_answers(self):
        back = from_wire({"exc_type": "KeyError", "exc_path": "builtins.KeyError", "value": "'x'"})

        assert isinstance(back, RemoteBug)
        assert str(back) == "KeyError: 'x'"

    @pytest.mark.parametrize("error", ["no", 1, True, ["no"]])
    def test_takes_what_is_no_error_for_a_bug(self, error):
        back = from_wire(error)

        assert isinstance(back, RemoteBug)
        assert str(back) == "The error of the reply is no error."

    def test_gives_stock_callers_the_four_keys_they_read(self):
        wire = to_wire(NotFound("There is no lead with this id."))

        assert wire["exc_type"] == "NotFound"
        assert wire["exc_path"] == "chassis.errors.NotFound"
        assert wire["exc_args"] == ["There is no lead with this id."]
        assert wire["value"] == "There is no lead with this id."


class TestUnavailable:
    def test_is_not_refused_so_that_it_is_retried(self):
        assert Unavailable.status == 503
        assert "Refused" not in [kind.__name__ for kind in Unavailable.__mro__]
