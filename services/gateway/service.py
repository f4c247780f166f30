"""Everything that can be reached from outside, on one page."""

from services.gateway import schemas
from services.gateway.doors.rows import door


class Gateway:
    """The only door from outside."""

    name = "gateway"

    # links in mails: a GET only shows, whoever follows it
    unsubscribe_page = door(
        "GET",
        "/u/{token}",
        "Ask whether the mail shall stop; changes nothing.",
        calls="marketing.unsubscribe_form",
        shows=schemas.UnsubscribeShown(),
        page="unsubscribe.html",
    )
    unsubscribe = door(
        "POST",
        "/u/{token}",
        "Stop the mail: the one click of RFC 8058, and the button of the page.",
        calls="marketing.unsubscribe",
        accepts=schemas.OneClick(),
        page="unsubscribed.html",
    )
    survey_page = door(
        "GET",
        "/s/{token}",
        "Ask the questions of a survey; changes nothing.",
        calls="service_desk.survey_form",
        shows=schemas.SurveyShown(),
        page="survey.html",
    )
    answer_survey = door(
        "POST",
        "/s/{token}",
        "Answer a survey, once.",
        calls="service_desk.answer_survey",
        accepts=schemas.AnswerSurvey(),
        page="answered.html",
    )

    consent_page = door(
        "GET",
        "/c/{token}",
        "Ask whether a consent is confirmed; changes nothing.",
        calls="accounts.consent_form",
        shows=schemas.ConsentShown(),
        page="consent.html",
    )
    confirm_consent = door(
        "POST",
        "/c/{token}",
        "Confirm a consent (double opt-in), once.",
        calls="accounts.confirm_consent",
        accepts=schemas.Confirm(),
        page="consented.html",
    )

    # forms on the company's own pages
    capture_lead = door(
        "POST",
        "/leads",
        "Ask to be contacted; the same form sent twice on the same day (UTC) is one lead.",
        calls="sales.capture_lead",
        accepts=schemas.CaptureLead(),
        page="lead_taken.html",
        status=202,
        trap=schemas.TRAP,
    )

    openapi = door("GET", "/openapi.json", "Describe all this as OpenAPI 3.1.")
