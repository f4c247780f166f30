"""What the codes of flags stop."""

import pytest

from contracts.flags import code_of, is_barred, is_stopped


class TestFlags:
    @pytest.mark.parametrize(
        ("kind", "channel", "code"),
        [
            ("do_not_contact", "any", "do_not_contact"),
            ("do_not_contact", "phone", "do_not_contact.phone"),
            ("blacklist", "any", "blacklist"),
        ],
    )
    def test_a_code_names_the_channel_only_of_a_stop(self, kind, channel, code):
        assert code_of(kind, channel) == code

    @pytest.mark.parametrize(
        ("flags", "barred", "mail", "phone"),
        [
            (None, False, False, False),
            ([], False, False, False),
            (["blacklist"], True, False, False),
            (["fraud"], True, False, False),
            (["do_not_contact"], False, True, True),
            (["do_not_contact.mail"], False, True, False),
            (["do_not_contact.phone", "fraud"], True, False, True),
        ],
    )
    def test_stop_what_they_say_and_nothing_else(self, flags, barred, mail, phone):
        assert is_barred(flags) is barred
        assert (is_stopped(flags, "mail"), is_stopped(flags, "phone")) == (mail, phone)
