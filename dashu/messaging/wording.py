"""
The words of reminders: which values a text may name, what it must say on each channel, and which text is used.

A text names values in braces, such as {amount}. It is checked when it is saved, so that a message never goes out with a
hole in it, without saying who writes, or without a way to stop it.
"""

import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.messaging.links import Stop, public_address, stop_address
from dashu.messaging.models import OutboxMessage, Purpose, WordingVersion
from dashu.messaging.templates import Rendered
from dashu.policy.rules import lender_names

Channel = OutboxMessage.Channel
MOST_SMS_PARTS = 3

KINDS: Mapping[str, Promise] = {
    "reminder.upcoming": _("Before the due date"),
    "reminder.due_today": _("On the due date"),
    "reminder.overdue": _("After the due date"),
    "reminder.promise": _("Before a day that was promised"),
    "reminder.help": _("Help is offered"),
    "reminder.choose_day": _("A day to pay can be chosen"),
}
VALUES: Mapping[str, Promise] = {
    "amount": _("what is open for the dates in question, of all the borrower's loans"),
    "due_on": _("the due date, the earliest of several"),
    "loan_number": _("the loan's number, or the numbers of several"),
    "loans": _("a line for each loan with its amount and due date"),
    "lender": _("the lender's name"),
    "pay_link": _("where to pay or to ask for help"),
    "opt_out_link": _("where to stop these messages"),
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    Channel.EMAIL: ("amount", "due_on", "lender", "opt_out_link"),
    Channel.SMS: ("amount", "due_on", "lender", "opt_out_link"),
    Channel.IN_APP: ("amount", "due_on"),
}
# Words that threaten or shame. No text needs them to say what is due and how to get help.
FORBIDDEN = (
    *(
        "起诉",
        "起訴",
        "法院",
        "律师",
        "律師",
        "公安",
        "拘留",
        "坐牢",
        "曝光",
        "老赖",
        "老賴",
        "失信",
        "黑名单",
        "黑名單",
    ),
    *("通讯录", "通訊錄", "家人", "单位", "單位", "后果自负", "後果自負"),
    *("lawsuit", "court", "police", "arrest", "prison", "blacklist", "shame", "your employer", "your family"),
    *("final warning", "last warning", "immediately", "consequences"),
)
_FORBIDDEN = re.compile("|".join(rf"\b{word}\b" if word.isascii() else word for word in FORBIDDEN), re.IGNORECASE)
# The letters of the short alphabet of text messages (GSM 03.38); one other letter makes all of them cost double.
_GSM = frozenset("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
                 "abcdefghijklmnopqrstuvwxyzäöñüà")  # fmt: skip
_GSM_DOUBLE = frozenset("^{}\\[~]|€")


class WordingRefused(DomainError):
    """A text names an unknown value, lacks one that it needs, is too long for its channel, or threatens."""

    code = "wording_refused"


class NoWording(DomainError):
    """No approved text fits, so nothing is sent until there is one."""

    code = "no_wording"
    http_status = 503


@dataclass(frozen=True, slots=True)
class Situation:
    """What a message is about. :param product, bucket: empty when its loans differ in it."""

    kind: str
    product: str
    bucket: str


@dataclass(frozen=True, slots=True)
class Wording:
    version_id: int
    subject: str
    body: str


def check_wording(*, kind: str, channel: str, language: str, subject: str, body: str, on: date) -> None:
    """
    Refuse a text that could not be sent as it is.

    :param on: the day whose name of the lender counts for the length.
    :raises WordingRefused: naming the field and what to change.
    """
    if kind not in KINDS:
        raise WordingRefused(_("There is no kind of message %(kind)s."), field="kind", params={"kind": kind[:40]})
    if not body.strip():
        raise WordingRefused(_("Write what the message says."), field="body")
    if (channel == Channel.SMS) == bool(subject.strip()):
        needless = _("A text message has no subject line.")
        raise WordingRefused(needless if channel == Channel.SMS else _("Write the subject line, too."), field="subject")
    names = _names(subject, "subject") | _names(body, "body")
    missing = [name for name in NEEDED[channel] if name not in names]
    if missing:
        raise WordingRefused(
            _("On this channel the text must name %(missing)s."),
            field="body",
            params={"missing": ", ".join(f"{{{name}}}" for name in missing)},
        )
    for field, text in (("subject", subject), ("body", body)):
        if found := _FORBIDDEN.search(text):
            raise WordingRefused(
                _("Do not use “%(word)s”. Say what is due, by when, and how to get help."),
                field=field,
                params={"word": found[0]},
            )
    if channel == Channel.SMS:
        filled = fill(body, sample_values(language, channel=channel, on=on))
        if (parts := sms_parts(filled)) > MOST_SMS_PARTS:
            raise WordingRefused(
                _("With sample values this is %(parts)s text messages long; at most %(most)s are sent. Shorten it."),
                field="body",
                params={"parts": parts, "most": MOST_SMS_PARTS},
            )


def sms_parts(text: str) -> int:
    """Return how many text messages the text takes: 160 letters of the short alphabet, or 70 of any, then 153 or 67."""
    if all(letter in _GSM or letter in _GSM_DOUBLE for letter in text):
        length, alone, joined = sum(2 if letter in _GSM_DOUBLE else 1 for letter in text), 160, 153
    else:
        length, alone, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else -(-length // joined)


def fill(text: str, values: Mapping[str, str]) -> str:
    return string.Formatter().vformat(text, (), values)


_SAMPLES = {
    "zh-hans": ("¥2,200.32", "2026年12月31日", "贷款 {number}：¥1,100.16，2026年12月31日到期"),
    "zh-hant": ("¥2,200.32", "2026年12月31日", "貸款 {number}：¥1,100.16，2026年12月31日到期"),
    "en": ("CN¥2,200.32", "December 31, 2026", "Loan {number}: CN¥1,100.16, due on December 31, 2026"),
}


def sample_values(language: str, *, channel: str, on: date) -> dict[str, str]:
    """Return values as a borrower with two loans would see them, for previews and for the length of text messages."""
    amount, day, line = _SAMPLES[language]
    stops = channel if channel in (Channel.EMAIL, Channel.SMS) else Channel.EMAIL
    return {
        "amount": amount,
        "due_on": day,
        "loan_number": "L2026A10001, L2026A10002",
        "loans": "\n".join(line.format(number=number) for number in ("L2026A10001", "L2026A10002")),
        "lender": lender_names(on)[language],
        "pay_link": public_address("/"),
        "opt_out_link": stop_address(Stop(1_000_000, stops, Purpose.REMINDER)),
    }


def standing_values(message: OutboxMessage, *, on: date) -> dict[str, str]:
    """Return the values that follow from the message and not from what is owed."""
    values = {"lender": lender_names(on)[message.language], "pay_link": public_address("/"), "opt_out_link": ""}
    if message.channel in (Channel.EMAIL, Channel.SMS) and message.purpose != Purpose.SERVICE:
        values["opt_out_link"] = stop_address(Stop(message.borrower_id, message.channel, message.purpose))
    return values


class Wordings:
    """The approved texts at one moment, a few dozen rows read at once."""

    def __init__(self, rows: Iterable[WordingVersion] = ()) -> None:
        self._found = {
            (row.kind, row.product, row.bucket, row.language, row.channel): Wording(row.pk, row.subject, row.body)
            for row in rows
        }

    @classmethod
    def approved(cls) -> "Wordings":
        return cls(WordingVersion.objects.filter(status=WordingVersion.Status.APPROVED))

    def most_specific(self, situation: Situation, *, language: str, channel: str) -> Wording:
        """
        Return the text for product and bucket, else for the product, else for the bucket, else for any.

        :raises NoWording: there is none even for any.
        """
        for product, bucket in (
            (situation.product, situation.bucket),
            (situation.product, ""),
            ("", situation.bucket),
            ("", ""),
        ):
            if found := self._found.get((situation.kind, product, bucket, language, channel)):
                return found
        raise NoWording(
            _("No approved text says %(kind)s in %(language)s by %(channel)s."),
            params={"kind": situation.kind, "language": language, "channel": channel},
        )


def written(wording: Wording, values: Mapping[str, str]) -> Rendered:
    return Rendered(" ".join(fill(wording.subject, values).split()), fill(wording.body, values))


def _names(text: str, field: str) -> set[str]:
    """
    Return the values that a text names.

    :raises WordingRefused: braces do not match, or a value is unknown.
    """
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise WordingRefused(
            _("The braces do not match. Write values like {amount}; write {{ and }} for braces."), field=field
        ) from error
    names = set()
    for _text, name, spec, conversion in parts:
        if name is None:
            continue
        if name not in VALUES or spec or conversion:
            raise WordingRefused(
                _("There is no value {%(name)s}. Known are %(known)s."),
                field=field,
                params={"name": name[:40], "known": ", ".join(f"{{{known}}}" for known in VALUES)},
            )
        names.add(name)
    return names
