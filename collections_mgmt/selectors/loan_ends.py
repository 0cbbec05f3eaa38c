"""Whether a loan that is no longer running ended after a day, so that it was still running on it."""

# The event that ends a loan, by the status that it leaves it in. A claim goes on after it was charged off, so what
# comes later ends nothing once more.
ENDED_WITHIN = """
    CASE loan.status
        WHEN 'SETTLED' THEN EXISTS (
            SELECT FROM repayments_loanevent AS event
            WHERE event.loan_id = loan.id AND event.effective_on > %(start)s AND event.kind <> 'REFUND')
        ELSE EXISTS (
            SELECT FROM repayments_loanevent AS event
            WHERE event.loan_id = loan.id AND event.effective_on > %(start)s
              AND event.kind IN ('CHARGE_OFF', 'WRITE_OFF', 'SALE'))
          AND NOT EXISTS (
            SELECT FROM repayments_loanevent AS event
            WHERE event.loan_id = loan.id AND event.effective_on <= %(start)s AND event.kind = 'CHARGE_OFF')
    END
"""
