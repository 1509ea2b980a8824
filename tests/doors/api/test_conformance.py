"""Schemathesis sends what the OpenAPI document allows, and what it forbids, and finds nothing that does not keep its word."""

from __future__ import annotations

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig

from tests.doors.api.conftest import fact, move, receive

# The document can not say which lots exist: a fact that has the right form may still break a law, and is then refused with 422.
CONFIG = {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "422"]}}}
EXAMPLES = 12


schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application(), config=SchemathesisConfig.from_dict(CONFIG))


@pytest.fixture
def lived_in(api):
    """A plant in which something has happened. As with Django's own test client, a request does not end the test's connection."""
    api.post("/facts/batch", {"facts": [receive("BEEF", "L1", "10"), fact("ship", move("BEEF", "L1", "1", "BIN-1", "CUS-1"))]})
    api.post("/facts", fact("hold", subjects=[{"item": "BEEF", "lot": "L1"}], reason="smell"))
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield api
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.slow
@pytest.mark.one_engine("what the form of requests and answers does; the flows run on both")
def test_operation_keeps_the_word_of_its_document(case, lived_in):
    case.call_and_validate(headers={"Authorization": f"Bearer {lived_in.secret}"})
