"""
Numbers that are typed where they should be computed.

What digits may stand in a text of the lessons is listed: dates, articles of law, phone numbers and the like. Money and
rates are never typed, whoever writes; anything else that is not listed is shown to the editor, who knows what it is.
"""

import re

PLACEHOLDER = re.compile(r"\{\{[^}]*\}\}")
AMOUNT = re.compile(
    r"[¥￥$]\s?\d+(?:[.,]\d+)*|\d+(?:[.,]\d+)*\s?(?:元|块钱|塊錢|万元|萬元|yuan|RMB|CNY|%|％|‰|percent|per cent)",
    re.IGNORECASE,
)
# Longer patterns first: a date is taken out before the day in it could be read as a count.
ALLOWED = {
    "dates": r"\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?|底)?|\d{1,2}月底?|(?:January|February|March|August) \d{1,2}, \d{4}",
    "years": r"\b202[56]\b",
    "days of a month": r"\d{1,2}[号號]|\d{1,2}th\b",
    "clock hours": r"\d{1,2}:\d{2}",
    "articles": r"第\d+(?:至\d+)?[条條]|[Aa]rticle \d+",
    "phone numbers": r"\b(?:96110|12378|110)\b",
    "days late": r"\d{1,2}–\d{1,2}|第 (?:1、31、61、)?91 天|days 1, 31, 61 and 91|[Dd]ay 91|(?:3|60|90) (?:天|days)",
    "periods of the law": r"20 天|30 ?天|20 days|30 days|5 ?年|5 years",
    "calls and reports": r"\b[23] (?:次|effective)",
    "months of a year": r"[×以] ?12|12 ?=|[Tt]imes 12",
    "steps of a list": r"^\d\. ",
    "codes of the report": r"^(\|[^|]*\| )[1-4](?=[ ，,（(])|最高 7|up to 7",
}


def without_placeholders(text: str) -> str:
    return PLACEHOLDER.sub("", text)


def unexplained(text: str) -> str:
    """Return what digits are left once all that is allowed is taken out."""
    for pattern in ALLOWED.values():
        text = re.sub(pattern, "", text, flags=re.MULTILINE)
    return " ".join(re.findall(r"\S*\d\S*", text))
