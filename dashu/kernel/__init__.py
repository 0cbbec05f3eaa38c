"""Plain Python shared by everything: money, dates and refusals. No Django; only `dates.lender_now` reads a clock."""
