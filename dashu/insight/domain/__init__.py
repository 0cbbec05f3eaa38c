"""The arithmetic of the reports on plain values: matrices, curves, forecasts. Nothing here knows a database."""
