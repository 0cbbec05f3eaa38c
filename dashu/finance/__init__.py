"""
Lending arithmetic: plain Python on whole minor units and Decimal rates. No Django, no clock, no settings.

The live book, the nightly close, the API and the JSON commands all use these functions, so a figure on a screen and
a figure from `manage.py quote` are the same figure.
"""
