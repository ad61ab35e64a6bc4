"""The product's own GraphQL documents, each held against the official schema."""

from pathlib import Path

import pytest
from graphql import GraphQLError, concat_ast, parse, validate

from network.connectors.shopify.standin.schema import load_schema

FOLDER = Path(__file__).resolve().parents[2] / "queries"
FILES = sorted(FOLDER.glob("**/*.graphql"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_document_keeps_to_the_official_schema(file: Path) -> None:
    schema, _ = load_schema()
    assert [error.message for error in validate(schema, parse(file.read_text()))] == []


def test_the_folder_is_read_when_it_is_there() -> None:
    assert not FOLDER.exists() or FILES


def test_a_wrong_document_is_found_out() -> None:
    schema, _ = load_schema()
    wrong = concat_ast([parse("query A { shop { id } }"), parse("query B { shop { colour } }")])
    errors: list[GraphQLError] = validate(schema, wrong)
    assert "Cannot query field 'colour'" in errors[0].message
