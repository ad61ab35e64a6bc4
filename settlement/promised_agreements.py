"""What the books promise of self-billed documents, as questions to the database; asked together with those of ``promises``."""

# Documents are few beside lines, and agreements few beside documents: one walk over the documents, always over all of them.
# An agreement that ends on a day stands no more on it, but what was drawn up earlier that day, before anybody revoked, stays.
AGREED: dict[str, str] = {
    "every self-billed document stands on its supplier's agreement of that day": """
        select format('%%s of %%s: %%s', d.number, d.issued_on, case
            when a.id is null then 'no agreement'
            when a.merchant_id <> d.seller_id then 'the agreement of another merchant'
            when a.agreed_on > d.issued_on or a.agreed_at > d.created_at then 'agreed on ' || a.agreed_on
            else 'the agreement ended on ' || a.ends_on end)
        from settlement_document d left join settlement_selfbilling a on a.id = d.agreement_id
        where d.kind in ('389', '261') and case
            when a.id is null then (select min(agreed_at) from settlement_selfbilling) <= d.created_at
            else a.merchant_id <> d.seller_id or a.agreed_on > d.issued_on or a.agreed_at > d.created_at
              or a.ends_on < d.issued_on or a.ends_on = d.issued_on and a.ended_at < d.created_at end""",
    "every self-billed document may be objected to for the days agreed": """
        select format('%%s of %%s: through %%s, agreed %%s days', d.number, d.issued_on, coalesce(d.object_until::text, 'no day'),
          a.days_to_object)
        from settlement_document d join settlement_selfbilling a on a.id = d.agreement_id
        where d.object_until is distinct from d.issued_on + a.days_to_object""",
}
