"""Every document we send is true to the official schema of the pinned version and asks for nothing deprecated."""

import pytest
from graphql import TypeInfo, TypeInfoVisitor, Visitor, get_named_type, parse, validate, visit

from network.connectors.shopify.auth import API_VERSION, OPTIONAL_SCOPES, REQUIRED_SCOPES
from network.connectors.shopify.documents import definitions, document, is_idempotent, is_mutation
from network.connectors.shopify.payloads import SUBSCRIBED
from network.connectors.shopify.standin.schema import VERSION, load_schema

OPERATIONS = sorted(name for name, (kind, _) in definitions().items() if kind != "fragment")


class Use(Visitor):
    """Collect what a document uses that is deprecated, and what access it needs."""

    def __init__(self, info: TypeInfo, access: dict) -> None:
        super().__init__()
        self.info, self.access = info, access
        self.deprecated: list[str] = []
        self.needs: list[tuple[str, ...]] = []

    def enter_field(self, node, *_):
        field, parent = self.info.get_field_def(), self.info.get_parent_type()
        if field.deprecation_reason:
            self.deprecated.append(f"{parent.name}.{node.name.value}")
        for key in (f"{parent.name}.{node.name.value}", f"{get_named_type(self.info.get_type()).name}."):
            if key in self.access:
                self.needs.append(self.access[key][0])

    def enter_argument(self, node, *_):
        if self.info.get_argument().deprecation_reason:
            self.deprecated.append(f"argument {node.name.value}")

    def enter_object_field(self, node, *_):
        kind = get_named_type(self.info.get_parent_input_type())
        if kind.fields[node.name.value].deprecation_reason:
            self.deprecated.append(f"{kind.name}.{node.name.value}")


def used(operation: str) -> Use:
    schema, access = load_schema()
    info = TypeInfo(schema)
    use = Use(info, access)
    visit(parse(document(operation)), TypeInfoVisitor(info, use))
    return use


def test_the_schema_is_the_pinned_one():
    assert VERSION == API_VERSION


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_document_is_valid_and_asks_for_nothing_deprecated(operation: str):
    schema, _ = load_schema()
    assert [error.message for error in validate(schema, parse(document(operation)))] == []
    assert used(operation).deprecated == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_scopes_we_ask_for_cover_the_document(operation: str):
    granted = {*REQUIRED_SCOPES, *OPTIONAL_SCOPES}
    granted |= {one.replace("write_", "read_", 1) for one in granted}
    assert [needs for needs in used(operation).needs if needs and not granted & set(needs)] == []


def test_a_document_holds_one_operation_and_only_the_fragments_it_spreads():
    text = document("ProductsById")
    assert [one.name.value for one in parse(text).definitions] == ["ProductsById", "Product", "Variant"]


def test_only_what_shopify_makes_idempotent_is_sent_again_blindly():
    assert sorted(one for one in OPERATIONS if is_idempotent(one)) == ["ActivateOnShelf", "Restock", "WriteShelf"]
    assert is_mutation("PlaceInternalOrder")
    assert not is_mutation("OrderForRouting")


def test_every_subscribed_topic_exists_at_shopify():
    schema, _ = load_schema()
    known = set(schema.type_map["WebhookSubscriptionTopic"].values)
    assert {topic.upper().replace("/", "_") for topic in SUBSCRIBED} - known == set()
