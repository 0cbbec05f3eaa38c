"""The loans that ran at the end of a month or were made in it, with what they cost a year, as SQL."""

# What a loan costs a year with everything is on the cost sheet that was signed; loans that were taken over, or made
# without one, have none. The snapshot keeps the effective rate, the sheet the nominal one beside it.
PRICED = """
    SELECT kept.loan_id, loan.number, kept.product, kept.currency, kept.original_minor, kept.principal_minor,
           COALESCE(loan.lent_on, loan.starts_on) AS made_on, kept.annual_rate, kept.all_in_rate,
           round((chosen.sheet ->> 'simple_rate')::numeric, 6) AS simple_rate,
           kept.bucket_before = 'NEW' AS is_new, kept.status = 'ACTIVE' AS is_running
    FROM collections_mgmt_loanmonth AS kept
    JOIN loans_loan AS loan ON loan.id = kept.loan_id
    LEFT JOIN loans_tranche AS tranche ON tranche.loan_id = kept.loan_id
    LEFT JOIN loans_loancontract AS signed ON signed.id = tranche.contract_id
    LEFT JOIN loans_offer AS chosen ON chosen.id = signed.offer_id
    WHERE kept.month = %(month)s AND (kept.status = 'ACTIVE' OR kept.bucket_before = 'NEW')
"""
