"""Texts: what is refused when they are saved, and what a name may not do to them."""

import pytest

from services.marketing.domain.templates import (
    Purpose,
    TemplateWrong,
    Variant,
    check,
    choose,
    render,
)

LINK = " {{ unsubscribe_url }}"
VALUES = {"name": "Ada", "language": "en", "tier": "vip", "unsubscribe_url": "https://x/u/t"}


def saved(text, **parts):
    check(Purpose.MARKETING, {"en": Variant(subject="Hi", text=text + LINK, **parts)})


class TestCheck:
    def test_takes_words_and_choices(self):
        saved(
            "{% if tier == 'vip' and not name %}A{% else %}{{ name | upper | default('x') }}{% endif %}"
        )

    @pytest.mark.parametrize(
        "text",
        [
            "{{ nmae }}",
            "{{ name",
            "{% for one in name %}x{% endfor %}",
            "{{ name.__class__ }}",
            "{{ name['x'] }}",
            "{{ name() }}",
            "{{ 'a' * 1000000000 }}",
            "{{ name | attr('x') }}",
            "{% set name = 1 %}",
            "{% include 'x' %}",
            "{% macro m() %}{% endmacro %}",
            "{% if tier >= 2 %}x{% endif %}",
            "{{ name | upper(1) }}",
            "{% if not name %}{{ name | trim(5) }}{% endif %}",
            pytest.param("{% if tier %}" * 120 + "{% endif %}" * 120, id="nested too deep"),
            pytest.param("{{ " + "(" * 3000 + "name" + ")" * 3000 + " }}", id="far too deep"),
        ],
    )
    def test_refuses_what_could_not_be_sent_to_everybody(self, text):
        with pytest.raises(TemplateWrong):
            saved(text)

    def test_refuses_marketing_without_a_way_out(self):
        with pytest.raises(TemplateWrong, match="unsubscribe_url"):
            check(Purpose.MARKETING, {"en": Variant(subject="Hi", text="News")})

    @pytest.mark.parametrize(
        "text",
        [
            "{% if unsubscribe_url %}News{% endif %}",
            "{% if name %}{{ unsubscribe_url }}{% endif %}",
            "{{ unsubscribe_url | upper }}",
        ],
    )
    def test_refuses_a_way_out_that_not_everybody_can_take(self, text):
        with pytest.raises(TemplateWrong, match="unsubscribe_url"):
            check(Purpose.MARKETING, {"en": Variant(subject="Hi", text=text)})

    def test_refuses_html_without_a_way_out(self):
        with pytest.raises(TemplateWrong, match=r"en\.html"):
            saved("x", html="<p>News</p>")

    def test_refuses_to_leave_out_everybody_else(self):
        with pytest.raises(TemplateWrong, match="'en'"):
            check(Purpose.MARKETING, {"fr": Variant(subject="Bonjour", text=LINK)})

    def test_refuses_a_variable_of_the_other_purpose(self):
        with pytest.raises(TemplateWrong, match="unsubscribe_url"):
            check(Purpose.SERVICE, {"en": Variant(subject="Hi", text="{{ link }}" + LINK)})


class TestRender:
    def test_keeps_a_name_from_becoming_html_or_a_header(self):
        variant = Variant(subject="Hi {{ name }}", text="{{ name }}", html="<b>{{ name }}</b>")

        words = render(variant, VALUES | {"name": "A\r\nBcc: x@y <script>"})

        assert words.subject == "Hi A Bcc: x@y <script>"
        assert words.html == "<b>A\r\nBcc: x@y &lt;script&gt;</b>"
        assert "<script>" in words.text

    def test_refuses_to_leave_a_word_out(self):
        with pytest.raises(TemplateWrong):
            render(Variant(subject="Hi", text="{{ name }}"), {})

    @pytest.mark.parametrize("text", ["{{ name | upper(1) }}", "{% if tier >= 2 %}x{% endif %}"])
    def test_refuses_what_cannot_be_filled_in(self, text):
        with pytest.raises(TemplateWrong):
            render(Variant(subject="Hi", text=text), VALUES)


@pytest.mark.parametrize(
    ("language", "chosen"),
    [("fr", "fr"), ("fr-CH", "fr"), ("zh-tw", "zh-tw"), ("de", "en"), (None, "en")],
)
def test_a_variant_is_chosen_by_language_family_and_fallback(language, chosen):
    variants = {one: Variant(subject=one, text="x") for one in ("en", "fr", "zh-tw")}

    assert choose(variants, language)[0] == chosen
