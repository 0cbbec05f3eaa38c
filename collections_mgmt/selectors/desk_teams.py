"""By which team and strategy a loan was worked on each day, for the figures of the desk."""

# A file is of a person, so it is of all their loans; its days never overlap, see `FileWork`.
TEAMS_OF_LOANS = """
SELECT loan.id AS loan_id, work.since, COALESCE(work.until, 'infinity'::date) AS until, work.team, work.strategy
FROM collections_mgmt_filework AS work JOIN loans_loan AS loan ON loan.borrower_id = work.borrower_id
"""
