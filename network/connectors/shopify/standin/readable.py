"""What a field answers that no subject entered: null, nothing, or a plain default, for the types whose every scalar is readable."""

from typing import Any

from graphql import GraphQLOutputType, get_named_type, get_nullable_type, is_leaf_type, is_list_type, is_non_null_type

from network.connectors.shopify.standin.registry import Call, not_implemented
from network.connectors.shopify.standin.state import Node

# Types whose leaves are all readable: a nullable one is null, another takes the default of its scalar.
READABLE = {
    "Shop", "Location", "Product", "ProductVariant", "InventoryItem", "InventoryLevel", "Order", "LineItem", "MailingAddress", "Customer",
    "Fulfillment", "FulfillmentOrder", "FulfillmentOrderLineItem", "FulfillmentLineItem", "FulfillmentOrderAssignedLocation",
    "FulfillmentOrderDestination", "Refund", "RefundLineItem", "Return", "ReturnLineItem", "ReturnReasonDefinition",
    "ReturnableFulfillment",
    "ReverseFulfillmentOrder", "ReverseFulfillmentOrderLineItem", "ShippingLine", "OrderTransaction", "LocationAddress",
    "ShopAddress",
    "FulfillmentService", "FulfillmentEvent", "FulfillmentTrackingInfo", "FulfillmentHold", "FulfillmentOrderMerchantRequest", "Image",
    "MediaImage", "MediaPreviewImage", "ProductOption", "ProductOptionValue", "DeliveryProfile", "DeliveryMethod", "BulkOperation",
    "WebhookSubscription", "InventoryQuantity", "InventoryChange", "InventoryAdjustmentGroup", "InventoryItemMeasurement", "App",
    "AppInstallation", "CustomerEmailAddress", "CustomerPhoneNumber", "EditableProperty", "ShopPlan", "ShopResourceLimits", "Domain",
    "ApiVersion", "Job", "SEO", "FulfillmentOrderSupportedAction", "FulfillmentOrderLocationForMove", "AccessScope", "Metafield",
}  # fmt: skip
PLAIN: dict[str, Any] = {
    "Boolean": False, "Int": 0, "Float": 0.0, "String": "", "Money": "0.00", "Decimal": "0.0", "UnsignedInt64": "0", "HTML": "",
    "FormattedString": "", "BigInt": "0",
}  # fmt: skip
CHOSEN: dict[str, Any] = {
    "Order.returnStatus": "NO_RETURN", "Order.riskLevel": "LOW", "Customer.productSubscriberStatus": "NEVER_SUBSCRIBED",
    "Customer.state": "DISABLED", "Shop.unitSystem": "METRIC_SYSTEM", "Shop.weightUnit": "KILOGRAMS", "Shop.customerAccounts": "DISABLED",
    "MediaImage.fileStatus": "READY", "MediaImage.mediaContentType": "IMAGE", "MediaImage.status": "READY",
    "App.developerType": "PARTNER", "App.publicCategory": "PUBLIC", "Customer.locale": "en", "Shop.timezoneAbbreviation": "UTC",
    "Shop.timezoneOffset": "+0000", "Shop.orderNumberFormatPrefix": "#", "Shop.checkoutApiSupported": True,
    "Location.addressVerified": True,
    "Fulfillment.requiresShipping": True, "Order.restockable": True, "Order.merchantEditable": True, "LineItem.merchantEditable": True,
    "LineItem.restockable": True, "Customer.canDelete": False, "MailingAddress.coordinatesValidated": False,
}  # fmt: skip
# Links that are readable and hold nothing here: the stand-in has no such things.
NOTHING = {
    "Order": {
        "additionalFees", "alerts", "taxLines", "currentTaxLines", "disputes", "risks", "discountApplications", "events", "metafields",
        "localizedFields", "localizationExtensions", "nonFulfillableLineItems", "agreements", "attribution", "cancellation",
        "cashRounding", "channelInformation", "customerJourneySummary", "paymentTerms", "purchasingEntity", "retailLocation",
        "physicalLocation", "shopifyProtect", "staffMember", "publication", "metafield", "customerJourney", "channel",
        "merchantOfRecordApp",
    },
    "LineItem": {
        "discountAllocations", "duties", "taxLines", "lineItemGroup", "sellingPlan", "staffMember", "contract",
        "suggestedReturnReasonDefinitions",
    },
    "Product": {
        "collections", "events", "metafields", "metafield", "bundleComponents", "bundleConsolidatedOptions", "category",
        "combinedListing", "feedback", "giftCardSettings", "productComponents", "productParents", "sellingPlanGroups", "translations",
        "standardizedProductType", "productCategory", "resourcePublicationOnCurrentPublication",
    },
    "ProductVariant": {
        "events", "metafields", "metafield", "productParents", "productVariantComponents", "sellingPlanGroups", "translations",
        "unitPrice", "unitPriceMeasurement", "deliveryProfile",
    },
    "InventoryItem": {"countryHarmonizedSystemCodes"},
    "InventoryLevel": {"scheduledChanges"},
    "Location": {"metafields", "metafield", "localPickupSettingsV2", "suggestedAddresses"},
    "Customer": {
        "events", "metafields", "metafield", "companyContactProfiles", "identityProviderSubjects", "market", "paymentMethods",
        "storeCreditAccounts", "subscriptionContracts", "emailMarketingConsent", "smsMarketingConsent",
    },
    "Fulfillment": {"originAddress"},
    "FulfillmentOrder": {"fulfillmentOrdersForMerge", "internationalDuties", "remainingLineItemsWeight"},
    "FulfillmentOrderLineItem": {"financialSummaries", "warnings", "image", "shippingLine", "weight"},
    "Return": {"staffMember", "suggestedFinancialOutcome", "suggestedRefund"},
    "Refund": {"duties", "orderAdjustments", "refundShippingLines", "return", "staffMember"},
    "Shop": {"alerts", "metafields", "metafield", "merchantApprovalSignals", "shopPolicies", "translations", "navigationSettings"},
    "ShippingLine": {"discountAllocations", "taxLines", "requestedFulfillmentService"},
    "OrderTransaction": {
        "fees", "paymentDetails", "paymentIcon", "location", "device", "user", "currencyExchangeAdjustment", "shopifyPaymentsSet",
        "amountRoundingSet",
    },
    "Image": {"metafields", "metafield", "translations"},
    "MediaImage": {"fileErrors", "mediaErrors", "mediaWarnings", "metafields", "metafield", "translations", "originalSource"},
    "ProductOption": {"linkedMetafield", "translations"},
    "ProductOptionValue": {"swatch", "translations"},
    "DeliveryMethod": {"additionalInformation", "brandedPromise"},
    "InventoryAdjustmentGroup": {"app", "staffMember"},
    "FulfillmentOrderDestination": {"location"},
    "CustomerEmailAddress": {"sourceLocation"},
}  # fmt: skip


def default(call: Call, node: Any, kind: str, name: str, wanted: GraphQLOutputType) -> Any:
    """Answer a field that the node does not hold and nobody entered, or fail aloud."""
    named = get_named_type(wanted)
    if f"{kind}.{name}" in CHOSEN:
        return CHOSEN[f"{kind}.{name}"]
    if kind in READABLE and is_leaf_type(named):
        return _leaf(call, node, kind, name, wanted)
    if name in NOTHING.get(kind, ()):
        several = is_list_type(get_nullable_type(wanted)) or named.name.endswith("Connection")
        return [] if several and (is_non_null_type(wanted) or named.name.endswith("Connection")) else None
    if kind in READABLE and named.name == "Count":
        return {"__typename": "Count", "count": 0, "precision": "EXACT"}
    if kind == "Order" and named.name == "MoneyBag":
        return call.standin.bag(node, 0) if is_non_null_type(wanted) else None
    if kind.endswith("UserError") or kind == "UserError":
        return None
    raise not_implemented(f"{kind}.{name}")


def _leaf(call: Call, node: Node, kind: str, name: str, wanted: GraphQLOutputType) -> Any:
    if not is_non_null_type(wanted):
        return None
    if is_list_type(get_nullable_type(wanted)):
        return []
    scalar = get_named_type(wanted).name
    if scalar == "DateTime":
        return node.get("createdAt") or call.now
    if scalar == "URL":
        return f"{call.standin.base_url}/{kind}/{name}"
    if scalar == "StorefrontID":
        return node["id"]
    if scalar in PLAIN:
        return PLAIN[scalar]
    raise not_implemented(f"{kind}.{name}")
