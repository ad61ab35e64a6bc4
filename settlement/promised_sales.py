"""What the books promise of every sale that was touched later, as questions to the database; asked with those of ``promises``."""

# What came back, what a decision lets the selling shop off and what is held, beside the sale: of all sales of which anything but
# their shipping was posted, always. Both parties of a sale mirror each other, so one of them is asked.
STANDING: dict[str, str] = {
    "what came back, what need not be paid and what is held is at most the sale": """
        with touched as materialized (
          select distinct internal_order_id from settlement_entry
          where kind in ('return', 'hold', 'resolve', 'reversal') and internal_order_id is not null
        ), sums as (
          select i.number, min(l.currency) as currency, coalesce(sum(l.amount), 0) as owed,
            coalesce(sum(l.amount) filter (where e.kind = 'ship'), 0) as sold,
            coalesce(sum(l.amount) filter (where a.kind = 'merchant_hold'), 0) as held
          from touched t join orders_internalorder i on i.id = t.internal_order_id
          join orders_order o on o.id = i.order_id join network_shop os on os.id = o.shop_id
          join network_shop ss on ss.id = i.shipper_id
          join settlement_entry e on e.internal_order_id = i.id and e.kind <> 'release'
          join settlement_line l on l.entry_id = e.id and l.counterparty_id = ss.merchant_id
          join settlement_account a on a.id = l.account_id and a.merchant_id = os.merchant_id
          group by i.id
        )
        select format('%%s: sold for %%s %%s, owed %%s, held %%s', number, sold, currency, owed, held) from sums
        where owed < 0 or owed > sold or held < 0 or held > owed""",
}

# Asked of a share of the sales, for it reads items out of frozen facts.
STANDING_ITEMS: dict[str, str] = {
    "no item of a sale goes back for more than it was sold for": """
        select format('%%s: %%s is left for %%s and VAT %%s', i.number, x.title, x.supply, x.vat)
        from (select e.internal_order_id, min(item->>'title') as title, sum((item->>'supply')::bigint) as supply,
                sum((item->>'vat')::bigint) as vat
              from settlement_entry e cross join jsonb_array_elements(e.facts->'items') item
              where {some_orders} and e.kind in ('ship', 'return', 'resolve', 'reversal')
                and jsonb_typeof(e.facts->'items') = 'array' and exists (select 1 from settlement_entry b
                  where b.internal_order_id = e.internal_order_id and b.kind in ('return', 'resolve'))
              group by e.internal_order_id, coalesce(item->>'order_line', item->>'kind')) x
        join orders_internalorder i on i.id = x.internal_order_id where x.supply < 0 or x.vat < 0""",
}
