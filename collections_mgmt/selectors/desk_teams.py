"""By which team and strategy a loan is worked on, for the figures of the desk."""

# One row for each loan in arrears of a borrower whose file is open.
TEAMS_OF_LOANS = """
SELECT loan_case.loan_id, coalesce(team.code, '') AS team,
       coalesce(strategy.code || ' v' || version.number, '') AS strategy
FROM collections_mgmt_collectioncase AS loan_case
JOIN loans_loan AS loan ON loan.id = loan_case.loan_id
JOIN collections_mgmt_casefile AS file ON file.borrower_id = loan.borrower_id AND file.state <> 'CLOSED'
LEFT JOIN collections_mgmt_team AS team ON team.id = file.team_id
LEFT JOIN collections_mgmt_strategyplace AS place ON place.file_id = file.id
LEFT JOIN collections_mgmt_strategyversion AS version ON version.id = place.version_id
LEFT JOIN collections_mgmt_strategy AS strategy ON strategy.id = version.strategy_id
WHERE loan_case.status = 'OPEN'
"""
