"""The books in the back office: the chart, the trial balance, one account, periods, exports and reconciliations."""
