"""The invitations that marketing begins with: one for each survey of the desk, and all can be sent."""

from services.marketing.domain.templates import Purpose, Variant, check, render
from services.marketing.tables import Template
from services.service_desk.domain.surveys import SurveyMoment


def test_every_survey_has_an_invitation_that_can_be_sent(marketing):
    found = {one.key: one for one in marketing.rows(Template) if one.key.startswith("survey_")}

    assert sorted(found) == sorted(f"survey_{moment}" for moment in SurveyMoment)
    for template in found.values():
        variants = {name: Variant(**parts) for name, parts in template.variants.items()}
        check(template.purpose, variants)
        words = render(
            variants["en"], {"name": "Ada", "link": "https://x/s/t", "expires_on": "1 May"}
        )
        assert template.purpose is Purpose.SERVICE
        assert words.text.startswith("Dear Ada,\n")
        assert "https://x/s/t" in words.text
        assert "1 May" in words.text


def test_an_invitation_can_be_changed_like_any_other_template(marketing, person):
    (template,) = (one for one in marketing.rows(Template) if one.key == "survey_in_sale")
    variants = {"en": {"subject": "Well?", "text": "{{ link }}"}}

    revised = marketing.call(
        "revise_template", person, template_id=template.id, version=1, variants=variants
    )

    assert (revised["version"], revised["variants"]["en"]["subject"]) == (2, "Well?")
