"""What the stand-in assumes because no document says it; each can only be settled on a real development store.

1. The shelf's own app may submit a fulfilment request to itself, and may ship a fulfilment order that nobody submitted.
2. ``orderCreate`` routes like a checkout: own places before apps' places, one place for the whole order when one has all,
   else line by line, else unit by unit; it happens in the same breath, where Shopify lets a background worker do it.
3. A new shelf is not in the shop's delivery profile; until it joins, its stock is nevertheless promised.
4. Places of apps rank behind all own places, and in the order in which they were made.
5. Uninstalling the app deletes its fulfilment service with its stock and closes the place; past orders keep naming it.
6. In bulk results the parent of a level is the variant, also when the level hangs below ``inventoryItem``.
7. Idempotency keys never lapse.
8. A mutation without ``@idempotent`` that needs it is a top-level error with the code BAD_REQUEST.
9. A shelf's place is listed only with ``includeLegacy: true``.
10. Moving a whole fulfilment order keeps its id; moving part of it makes a new one. It goes wherever the item is stocked,
    even where nothing is available: that place then has less than nothing.
11. Cancelling an order also cancels what a shelf has accepted; nobody asks the shelf first.
12. A cancelled fulfilment opens its own fulfilment orders again, at the same place.
13. Stock that is refunded without restocking before it was shipped is gone.
14. A delivery that nobody answers is tried nine times within minutes (Shopify: four hours), then its subscription ends.
15. Costs: fitted to a single observed answer; never assert on them.
16. An order without a customer but with an e-mail makes a customer only when a shopper places it.
17. An edit that does not say whether to restock does not.
18. Accepting or closing a fulfilment order announces no ``orders/updated``.
19. Search finds at once what was written; Shopify's index lags.
20. A shopper who gives no address has one on file, in the shop's own town: a checkout lets nobody through without.
"""
