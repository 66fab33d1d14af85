"""The estimator of a site file: what is said where its keys are wrong."""

import pytest

from gateway.site import SiteError, parse_site

SITE = "site: {name: depot}\nzones: [{name: hall}]\nestimator: %s\n"


def problems(estimator: str) -> list[str]:
    with pytest.raises(SiteError) as caught:
        parse_site(SITE % estimator, "s.yaml")
    return str(caught.value).split("\n")


@pytest.mark.parametrize("kind", ["last", "window", "mobility", "bayes"])
def test_each_kind_is_read_as_what_it_is(kind: str) -> None:
    settings = parse_site(SITE % f"{{kind: {kind}}}").settings
    assert settings.estimator.kind == kind


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (
            "{kind: window, lead_nats: 3}",
            "estimator.lead_nats: is for estimators of kind bayes, not window",
        ),
        (
            "{dwell_s: 3}",
            "estimator.dwell_s: is for estimators of kind window, not bayes",
        ),
        (
            "{kind: window, hysteresis: 3}",
            "estimator.hysteresis: unknown key; did you mean 'hysteresis_db'?",
        ),
        ("{kind: last, flor_dbm: -60}", "estimator.flor_dbm: unknown key; known: kind"),
        (
            "{kind: odd}",
            "estimator: there is no estimator of kind 'odd'; known: bayes, last, mobility, window",
        ),
    ],
)
def test_a_key_that_another_kind_has_is_named_as_such(estimator: str, said: str) -> None:
    assert problems(estimator) == [f"s.yaml:3: {said}"]
