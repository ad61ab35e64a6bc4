"""The API describes itself without a doubt, and its page of documents is drawn from our own server alone."""

import json

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_the_schema_is_valid_and_made_without_a_warning(tmp_path):
    target = tmp_path / "schema.json"
    call_command("spectacular", "--fail-on-warn", "--validate", "--format", "openapi-json", "--file", str(target))
    paths = json.loads(target.read_text())["paths"]
    assert set(paths["/api/v1/products/"]) == {"get", "put"}
    ship = paths["/api/v1/internal-orders/{number}/ship/"]["post"]
    assert "Idempotency-Key" in {parameter["name"] for parameter in ship["parameters"]}
    for path, methods in paths.items():
        for operation in methods.values():
            assert operation["security"] == [{"apiKey": []}], path
            assert "application/problem+json" in operation["responses"]["401"]["content"], path


def test_the_page_of_documents_loads_from_here_under_the_strict_policy(client):
    answer = client.get("/api/docs/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "http://" not in text
    assert "https://" not in text
    assert "<style" not in text
    assert "<script>" not in text
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
    assert 'data-schema="/api/schema/"' in text
