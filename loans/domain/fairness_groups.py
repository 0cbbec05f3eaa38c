"""
The groups by which decisions are watched. They are read for counting at that moment and kept with no application.

The bands of age are those of the scorecards' own fairness report.
"""

from bisect import bisect_right

AGE, SEX = "age", "sex"
_EDGES = (25, 35, 50)
AGE_BANDS = ("<25", "25–34", "35–49", "50+")
SEXES = ("F", "M")


def age_band(age: int) -> str:
    return AGE_BANDS[bisect_right(_EDGES, age)]
