"""
The people of the demo who apply for a loan, what they answer, and how far each of them comes.

Plain values; `applications` has the services do it. Nobody real is meant: no region has the code 999999, no operator
was given numbers that begin with 154, and the card has a bank's first digits and nothing but zeros behind them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from stdnum.cn import ric, uscc

# Digits 15 and 16 of an ID number, by which the simulated bureau chooses what it knows.
CLEAN, OVER_COMMITTED, OVERDUE_ELSEWHERE, MANY_INQUIRIES = "44", "01", "02", "04"
CARD = "6225750000000006"


class Course(StrEnum):
    """How far an application comes. Drafts and offers whose last day is over lapse by themselves."""

    HALF_WAY = "half_way"
    DECIDED = "decided"
    UNANSWERED = "unanswered"  # the bureau never answers
    CHOSEN = "chosen"
    REVIEW_ASKED = "review_asked"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Applicant:
    """
    :param key: of the login, where there is one; `listed_as` is what it is called in the list of logins, empty without.
    :param born: as it stands in the ID number; `file` are its digits 15 and 16.
    :param days_ago: when it was begun, at least one day before today.
    :param answers: what is answered otherwise than by most, by step.
    :param is_by_computer: whether the applicant agrees to a decision by computer.
    """

    key: str
    name: str
    course: Course
    days_ago: int
    born: str
    product: str = "consumer"
    file: str = CLEAN
    language: str = "zh-hans"
    listed_as: str = ""
    is_by_computer: bool = True
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def id_number(self) -> str:
        return id_number(self.born, self.file)


def id_number(born: str, file: str = CLEAN) -> str:
    """Return an ID number with a right check digit. :param born: such as "19900514"."""
    digits = f"999999{born}{file}7"
    return digits + str(ric.calc_check_digit(f"{digits}0"))


_CREDIT_CODE = "91999999MA0000001"

APPLICANTS = (
    Applicant("applicant-offers", "苏晓晴", Course.DECIDED, 1, "19900514", listed_as="Applicant, offers waiting"),
    Applicant(
        "applicant-refused",
        "马晓东",
        Course.DECIDED,
        1,
        "19950923",
        file=OVER_COMMITTED,
        listed_as="Applicant, refused",
        answers={
            "loan": {"amount": "10000.00", "months": 12, "purpose": "OTHER"},
            "work": {"job": "partime", "years_in_job": 1, "home": "rent"},
            "month": {
                "income": "6500.00",
                "housing": "2200.00",
                "food": "1500.00",
                "transport": "300.00",
                "family": "200.00",
                "assets": "2000.00",
            },
        },
    ),
    Applicant(
        "applicant-draft",
        "Emily Chan",
        Course.HALF_WAY,
        3,
        "19880302",
        language="en",
        listed_as="Applicant, half way",
    ),
    Applicant(
        "applicant-smaller",
        "何雅婷",
        Course.DECIDED,
        2,
        "19930718",
        answers={"loan": {"amount": "120000.00", "months": 36, "purpose": "HOME"}},
    ),
    Applicant(
        "applicant-card",
        "鄭詠詩",
        Course.CHOSEN,
        2,
        "19850611",
        product="card-repayment",
        language="zh-hant",
        answers={"loan": {"amount": "12000.00", "months": 12, "purpose": "CARD"}},
    ),
    Applicant("applicant-late", "罗永红", Course.REVIEW_ASKED, 4, "19790130", file=OVERDUE_ELSEWHERE),
    Applicant("applicant-inquiries", "韩志强", Course.DECIDED, 4, "19911105", file=MANY_INQUIRIES),
    Applicant("applicant-by-person", "傅秀兰", Course.DECIDED, 1, "19680826", is_by_computer=False),
    Applicant("applicant-unanswered", "Nina Kapoor", Course.UNANSWERED, 1, "19960404", language="en"),
    Applicant(
        "applicant-business",
        "萧国栋",
        Course.DECIDED,
        1,
        "19820219",
        product="sme",
        answers={
            "loan": {
                "amount": "200000.00",
                "months": 12,
                "purpose": "STOCK",
                "plan": "seasonal",
                "strong_months": [1, 9, 10, 12],
            },
            "business": {
                "name": "佛山金禾食品有限公司",
                "credit_code": _CREDIT_CODE + uscc.calc_check_digit(_CREDIT_CODE),
                "years": 7,
                "monthly_revenue": "180000.00",
                "guarantors": [
                    {"name": "萧国强", "number": id_number("19790707"), "phone": "15400000201", "share_bps": 5_000},
                    {"name": "唐丽华", "number": id_number("19840815"), "phone": "15400000202", "share_bps": 2_500},
                ],
            },
            "month": {
                "income": "52000.00",
                "housing": "4000.00",
                "food": "4000.00",
                "transport": "2000.00",
                "family": "3000.00",
                "assets": "300000.00",
            },
        },
    ),
    Applicant("applicant-withdrawn", "曹佳怡", Course.WITHDRAWN, 6, "19990909"),
    Applicant("applicant-left", "Oliver Reyes", Course.HALF_WAY, 45, "19870121", language="en"),
    Applicant("applicant-lapsed", "邱慧儀", Course.DECIDED, 30, "19920228", language="zh-hant"),
)

# What most of them answer; the consents are those to the texts of the day.
USUAL: Mapping[str, Mapping[str, Any]] = {
    "loan": {"amount": "12000.00", "months": 12, "purpose": "EDUCATION"},
    "person": {"household": 1, "is_resident": True},
    "card": {
        "issuer": "CMB",
        "card_number": CARD,
        "statement": "12000.00",
        "minimum": "1200.00",
        "annual_rate": "0.1825",
    },
    "work": {"job": "fixed", "years_in_job": 6, "home": "rent"},
    "month": {
        "income": "13000.00",
        "housing": "2600.00",
        "food": "1500.00",
        "transport": "400.00",
        "family": "600.00",
        "assets": "40000.00",
    },
    "debts": {"debts": [], "had_defaults": False},
    "documents": {},
}
