"""Tags of templates that lead to reports."""
