"""By which team a loan is worked on, for the figures of the desk."""

# One row for each loan in arrears of a borrower whose file is open; no strategy is followed yet.
TEAMS_OF_LOANS = """
SELECT loan_case.loan_id, team.code AS team, ''::text AS strategy
FROM collections_mgmt_collectioncase AS loan_case
JOIN loans_loan AS loan ON loan.id = loan_case.loan_id
JOIN collections_mgmt_casefile AS file ON file.borrower_id = loan.borrower_id AND file.state <> 'CLOSED'
JOIN collections_mgmt_team AS team ON team.id = file.team_id
WHERE loan_case.status = 'OPEN'
"""
