"""
Triggers about the person, not one loan: found once for the whole night, from what was noted of that day.

News of the economy and shocks that are weak are noted only of those who show something of their own as well: alone they
say nothing about anybody. A strong one is noted of everybody it is about, on the night on which it became known.
"""

from datetime import date, timedelta
from typing import Any

from django.db.backends.utils import CursorWrapper

from collections_mgmt.domain.early_warning import change_of, is_bad_news
from collections_mgmt.models import EconomicIndicator, IndicatorValue
from collections_mgmt.services.warnings_sql import plain, write
from dashu.kernel.dates import midnight
from dashu.policy.early_warning import WITH_CONSENT, EarlyWarning, Trigger, TriggerRule

_RUNS = """
    EXISTS (
        SELECT FROM loans_loan AS loan
        JOIN loans_productterms AS version ON version.id = loan.product_terms_id
        JOIN loans_product AS product ON product.id = version.product_id AND product.kind = ANY(%(products)s)
        WHERE loan.borrower_id = {person}.borrower_id AND loan.status = 'ACTIVE'
    )
"""


def consents(person: str, purpose: str) -> str:
    """Return SQL: the latest line of the ledger, about nothing in particular, gives this consent."""
    return f"""
        (
            SELECT entry.kind FROM consents_consententry AS entry
            JOIN consents_consenttext AS text ON text.id = entry.text_id AND text.purpose = {purpose}
            WHERE entry.borrower_id = {person}.borrower_id AND entry.about = '' ORDER BY entry.id DESC LIMIT 1
        ) IS NOT DISTINCT FROM 'GIVEN'
    """  # noqa: S608 – constants of this package


def _counts(person: str) -> str:
    return _RUNS.replace("{person}", person)


def _agreed(person: str) -> str:
    return f"{_counts(person)} AND {consents(person, '%(consent)s')}"


_AUTOPAY_ENDED = """
    SELECT DISTINCT ON (loan.id) loan.borrower_id, loan.id AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('ended_on', %(on)s::date, 'because', mandate.ended_because) AS facts
    FROM repayments_autopaymandate AS mandate
    JOIN loans_loan AS loan ON loan.id = mandate.loan_id AND loan.status = 'ACTIVE'
    JOIN loans_productterms AS version ON version.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = version.product_id AND product.kind = ANY(%(products)s)
    WHERE mandate.status = 'CANCELLED' AND mandate.ended_at >= %(begins)s AND mandate.ended_at < %(ends)s
      AND NOT EXISTS (
          SELECT FROM repayments_autopaymandate AS other WHERE other.loan_id = loan.id AND other.status <> 'CANCELLED'
      )
    ORDER BY loan.id, mandate.id DESC
"""

_INQUIRIES = f"""
    SELECT DISTINCT ON (look.borrower_id) look.borrower_id, NULL::bigint AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('inquiries', asked.inquiries, 'within_days', %(within_days)s::int, 'asked_on', asked.days)
               AS facts
    FROM collections_mgmt_bureauwatch AS look
    CROSS JOIN LATERAL (
        SELECT COUNT(*)::int AS inquiries, jsonb_agg(day ORDER BY day) AS days FROM unnest(look.inquiry_days) AS day
        WHERE day > %(on)s::date - %(within_days)s AND day <= %(on)s
    ) AS asked
    WHERE look.answered_on = %(on)s AND asked.inquiries >= %(inquiries)s AND {_agreed("look")}
    ORDER BY look.borrower_id, look.id DESC
"""  # noqa: S608 – constants of this module

_OVERDUE_ELSEWHERE = f"""
    SELECT DISTINCT ON (look.borrower_id) look.borrower_id, NULL::bigint AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('days', look.worst_days, 'lenders', look.overdue_lenders) AS facts
    FROM collections_mgmt_bureauwatch AS look
    LEFT JOIN LATERAL (
        SELECT earlier.worst_days FROM collections_mgmt_bureauwatch AS earlier
        WHERE earlier.borrower_id = look.borrower_id AND earlier.id < look.id AND earlier.worst_days IS NOT NULL
        ORDER BY earlier.id DESC LIMIT 1
    ) AS before ON true
    WHERE look.answered_on = %(on)s AND look.worst_days >= %(days)s AND COALESCE(before.worst_days, 0) < %(days)s
      AND {_agreed("look")}
    ORDER BY look.borrower_id, look.id DESC
"""  # noqa: S608 – constants of this module


def _months_before(day: str, months: str) -> str:
    """Return SQL: the day so many months before; of the last day of a month, the last one of that month."""
    ago = f"make_interval(months => {months})"
    return f"GREATEST(({day} - {ago})::date, ({day} + 1 - {ago})::date - 1)"


# An income is that of a month: all that came in the month that ends with the credit, against the same months before.
_INCOME_DROP = f"""
    SELECT news.borrower_id, NULL::bigint AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('amount_minor', now.minor::bigint, 'mean_minor', round(before.mean)::bigint,
                              'credits', before.credits, 'months', %(months)s::int, 'credited_on', news.credited_on,
                              'currency', news.currency) AS facts
    FROM (
        SELECT DISTINCT ON (borrower_id) borrower_id, credited_on, currency
        FROM collections_mgmt_incomeobservation WHERE noted_on = %(on)s ORDER BY borrower_id, credited_on DESC, id
    ) AS news
    CROSS JOIN LATERAL (
        SELECT SUM(income.amount_minor) AS minor FROM collections_mgmt_incomeobservation AS income
        WHERE income.borrower_id = news.borrower_id AND income.currency = news.currency
          AND income.credited_on <= news.credited_on AND income.credited_on > {_months_before("news.credited_on", "1")}
    ) AS now
    CROSS JOIN LATERAL (
        SELECT SUM(income.amount_minor) / %(months)s AS mean, COUNT(*)::int AS credits
        FROM collections_mgmt_incomeobservation AS income
        WHERE income.borrower_id = news.borrower_id AND income.currency = news.currency
          AND income.credited_on <= {_months_before("news.credited_on", "1")}
          AND income.credited_on > {_months_before("news.credited_on", "%(months)s + 1")}
    ) AS before
    WHERE before.credits >= %(least_credits)s AND now.minor <= before.mean * (1 - %(drop)s) AND {_agreed("news")}
"""  # noqa: S608 – constants of this module

_INCOME_LATE = f"""
    SELECT DISTINCT ON (last.borrower_id) last.borrower_id, NULL::bigint AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('last_on', last.credited_on, 'days', %(days)s::int,
                              'expected_on', (last.credited_on + interval '1 month')::date) AS facts
    FROM collections_mgmt_incomeobservation AS last
    WHERE last.credited_on BETWEEN %(on)s::date - %(days)s - 33 AND %(on)s::date - %(days)s - 28
      AND (last.credited_on + interval '1 month')::date + %(days)s + 1 = %(on)s
      AND NOT EXISTS (
          SELECT FROM collections_mgmt_incomeobservation AS later
          WHERE later.borrower_id = last.borrower_id AND later.credited_on > last.credited_on
      )
      AND %(least_credits)s <= (
          SELECT COUNT(*) FROM collections_mgmt_incomeobservation AS income
          WHERE income.borrower_id = last.borrower_id AND income.credited_on <= last.credited_on
            AND income.credited_on > last.credited_on - make_interval(months => %(months)s)
      )
      AND {_agreed("last")}
    ORDER BY last.borrower_id, last.id
"""  # noqa: S608 – constants of this module

_REVENUE_DROP = f"""
    SELECT news.borrower_id, NULL::bigint AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('amount_minor', now.minor, 'before_minor', before.minor, 'months', %(months)s::int,
                              'through', news.month, 'currency', news.currency) AS facts
    FROM (
        SELECT DISTINCT ON (borrower_id) borrower_id, month, currency
        FROM collections_mgmt_revenueobservation WHERE noted_on = %(on)s ORDER BY borrower_id, month DESC
    ) AS news
    CROSS JOIN LATERAL (
        SELECT SUM(each.amount_minor)::bigint AS minor, COUNT(*) AS months
        FROM collections_mgmt_revenueobservation AS each
        WHERE each.borrower_id = news.borrower_id AND each.currency = news.currency AND each.month <= news.month
          AND each.month > news.month - make_interval(months => %(months)s)
    ) AS now
    CROSS JOIN LATERAL (
        SELECT SUM(each.amount_minor)::bigint AS minor, COUNT(*) AS months
        FROM collections_mgmt_revenueobservation AS each
        WHERE each.borrower_id = news.borrower_id AND each.currency = news.currency
          AND each.month <= news.month - interval '1 year'
          AND each.month > news.month - interval '1 year' - make_interval(months => %(months)s)
    ) AS before
    WHERE now.months = %(months)s AND before.months = %(months)s AND before.minor > 0
      AND now.minor <= before.minor * (1 - %(drop)s) AND {_agreed("news")}
"""  # noqa: S608 – constants of this module

_SCORE_DOWN = f"""
    SELECT DISTINCT ON (score.borrower_id) score.borrower_id, NULL::bigint AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('points', score.points, 'points_before', before.points, 'scorecard', score.scorecard,
                              'bands', before.band - now.band, 'within_days', %(within_days)s::int) AS facts
    FROM collections_mgmt_scoreobservation AS score
    CROSS JOIN LATERAL (SELECT width_bucket(score.points, %(edges)s::int[]) AS band) AS now
    CROSS JOIN LATERAL (
        SELECT earlier.points, width_bucket(earlier.points, %(edges)s::int[]) AS band
        FROM collections_mgmt_scoreobservation AS earlier
        WHERE earlier.borrower_id = score.borrower_id AND earlier.scorecard = score.scorecard
          AND earlier.scored_on < score.scored_on AND earlier.scored_on >= score.scored_on - %(within_days)s
        ORDER BY earlier.points DESC LIMIT 1
    ) AS before
    WHERE score.scored_on = %(on)s AND before.band - now.band >= %(bands)s AND {_counts("score")}
    ORDER BY score.borrower_id, before.band - now.band DESC, score.id
"""  # noqa: S608 – constants of this module

_ASKED_FOR_HELP = f"""
    SELECT DISTINCT ON (asked.borrower_id) asked.borrower_id, NULL::bigint AS loan_id, NULL::date AS ends_on,
           jsonb_build_object('reference', asked.reference, 'cause', asked.cause, 'lasts', asked.lasts,
                              'can_pay_minor', asked.can_pay_minor) AS facts
    FROM collections_mgmt_hardshiprequest AS asked
    WHERE asked.asked_at >= %(begins)s AND asked.asked_at < %(ends)s AND asked.outcome <> 'WITHDRAWN'
      AND {_counts("asked")}
    ORDER BY asked.borrower_id, asked.id DESC
"""  # noqa: S608 – constants of this module

# Whoever shows something of their own, or, of strong news, everybody at the place where the news is new.
_OF_THEIR_OWN = """
    SELECT DISTINCT noticed.borrower_id FROM collections_mgmt_warningtrigger AS noticed
    WHERE noticed.ended_on IS NULL AND noticed.kind NOT IN ('SHOCK', 'ECONOMY')
"""
_EVERYBODY = "SELECT DISTINCT loan.borrower_id FROM loans_loan AS loan WHERE loan.status = 'ACTIVE'"
_AT_THE_PLACE = """
    LEFT JOIN collections_mgmt_borrowerplace AS place ON place.borrower_id = person.borrower_id
    JOIN news ON (news.region = '' OR news.region = place.region) AND (news.sector = '' OR news.sector = place.sector)
"""

_SHOCK = f"""
    SELECT DISTINCT ON (person.borrower_id) person.borrower_id, NULL::bigint AS loan_id, news.to_on AS ends_on,
           jsonb_build_object('shock', news.id, 'region', news.region, 'sector', news.sector, 'from_on', news.from_on,
                              'to_on', news.to_on, 'reason', news.reason) AS facts
    FROM ({{people}}) AS person
    {_AT_THE_PLACE.replace("JOIN news", "JOIN collections_mgmt_shockentry AS news")}
    WHERE news.from_on <= %(on)s AND news.to_on >= %(on)s AND news.noted_on <= %(on)s
      AND (NOT %(is_strong)s OR GREATEST(news.from_on, news.noted_on) = %(on)s) AND {_counts("person")}
    ORDER BY person.borrower_id, news.id DESC
"""  # noqa: S608 – constants of this module

_ECONOMY = f"""
    SELECT DISTINCT ON (person.borrower_id) person.borrower_id, NULL::bigint AS loan_id, NULL::date AS ends_on,
           news.facts
    FROM ({{people}}) AS person
    {
    _AT_THE_PLACE.replace(
        "JOIN news",
        "JOIN jsonb_to_recordset(%(news)s::jsonb) AS news (id bigint, region text, sector text, facts jsonb)",
    )
}
    WHERE {_counts("person")} ORDER BY person.borrower_id, news.id
"""  # noqa: S608 – constants of this module

_OF_THE_DAY = {
    Trigger.AUTOPAY_ENDED: _AUTOPAY_ENDED,
    Trigger.INQUIRIES: _INQUIRIES,
    Trigger.OVERDUE_ELSEWHERE: _OVERDUE_ELSEWHERE,
    Trigger.INCOME_DROP: _INCOME_DROP,
    Trigger.INCOME_LATE: _INCOME_LATE,
    Trigger.REVENUE_DROP: _REVENUE_DROP,
    Trigger.SCORE_DOWN: _SCORE_DOWN,
    Trigger.ASKED_FOR_HELP: _ASKED_FOR_HELP,
}


def notice_of_people(cursor: CursorWrapper, *, on: date, rules: EarlyWarning) -> int:
    """Write what became known on `on` of people; return how many triggers are new or say something new."""
    more = {"begins": midnight(on), "ends": midnight(on + timedelta(days=1)), "edges": list(rules.score_edges)}
    written = 0
    for trigger, found in _OF_THE_DAY.items():
        if rule := rules.triggers.get(trigger):
            written += write(cursor, trigger, rule, found, on=on, consent=WITH_CONSENT.get(trigger), **more)
    if rule := rules.triggers.get(Trigger.SHOCK):
        written += write(cursor, Trigger.SHOCK, rule, _SHOCK.replace("{people}", _people(rule)), on=on)
    if (rule := rules.triggers.get(Trigger.ECONOMY)) and (news := bad_news(on, rules, is_new=rule.is_strong)):
        found = _ECONOMY.replace("{people}", _people(rule))
        written += write(cursor, Trigger.ECONOMY, rule, found, on=on, news=plain(news))
    return written


def bad_news(on: date, rules: EarlyWarning, *, is_new: bool = False) -> list[dict[str, Any]]:
    """
    Return the series that count as bad news on a day, with the numbers that say so.

    :param is_new: only those whose latest value became known on this day.
    """
    found = []
    for indicator in EconomicIndicator.objects.filter(kind__in=rules.series).order_by("pk"):
        rule = rules.series[indicator.kind]
        known = IndicatorValue.objects.filter(indicator=indicator, date__lte=on, noted_on__lte=on)
        values = {row.date: row for row in known.order_by("-date")[: rule.months * 31 + 1]}
        change = change_of(
            {day: row.value for day, row in values.items()}, on=on, months=rule.months, is_share=rule.is_share
        )
        if change is None or not is_bad_news(change.change, rule.change):
            continue
        if is_new and values[change.date].noted_on != on:
            continue
        facts = {
            "series": indicator.code,
            "name": indicator.name,
            "kind": indicator.kind,
            "unit": indicator.unit,
            "date": change.date,
            "value": f"{change.value.normalize():f}",
            "before": f"{change.before.normalize():f}",
            "months": rule.months,
        }
        found.append({"id": indicator.pk, "region": indicator.region, "sector": indicator.sector, "facts": facts})
    return found


def _people(rule: TriggerRule) -> str:
    return _EVERYBODY if rule.is_strong else _OF_THEIR_OWN
