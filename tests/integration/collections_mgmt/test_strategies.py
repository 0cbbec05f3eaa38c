"""A strategy from its draft to its end: another person publishes it, and what was published stays as it was."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from collections_mgmt.domain.strategy import Act, Row, Step
from collections_mgmt.models import StrategyDraw, StrategyRow, StrategyVersion
from collections_mgmt.selectors.strategy_results import trial_of
from collections_mgmt.services.complaints import make_complaint
from collections_mgmt.services.strategies import (
    DraftChanged,
    End,
    NothingToCompareWith,
    StrategyFixed,
    StrategyRefused,
    add_strategy,
    ask_publication,
    digest_of,
    new_draft,
    save_draft,
    stop_version,
)
from collections_mgmt.services.strategy_trials import stop_unsafe_trials
from dashu.alerts.models import Alert
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.previews import fingerprint
from dashu.approvals.services.decide import OwnRequest, approve, decline
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import midnight
from dashu.policy.strategies import TrialRule
from tests import factories
from tests.integration.collections_mgmt.desk_cases import NOW, TODAY, late_person
from tests.integration.collections_mgmt.strategy_cases import DAY, PEACE, REMIND, drafted, published, supervisor

pytestmark = pytest.mark.usefixtures("policy_packs")


def save(version: StrategyVersion, rows, **more):
    given = {"share_bps": 10_000, "note": "", "seen": digest_of(version), "user": supervisor(), "today": TODAY, **more}
    return save_draft(version_id=version.pk, rows=rows, **given)


def ask(version: StrategyVersion, key: str = "k1"):
    return ask_publication(version_id=version.pk, reason="calmer", user=supervisor(), today=TODAY, idempotency_key=key)


class TestDrafts:
    def test_begin_by_leaving_everybody_in_peace(self):
        version = add_strategy(code="early", name="Early", product="", user=supervisor())

        assert (version.status, version.number, version.table()) == ("DRAFT", 1, [PEACE])

    def test_are_kept_row_by_row_in_their_order(self):
        rows = [Row(3, 9, "ABLE", "LOW", "SME", "CARE", "en", 2, (Step(1, Act.MESSAGE, "SMS"),)), REMIND, PEACE]

        assert StrategyVersion.objects.get(pk=drafted(rows).pk).table() == rows

    def test_are_refused_whole_where_something_is_wrong_and_say_all_of_it(self):
        version = drafted([REMIND, PEACE])

        with pytest.raises(StrategyRefused) as refusal:
            save(version, [Row(capacity="RICH", steps=PEACE.steps), Row(to_days=3)])

        codes = [(problem.code, problem.row) for problem in refusal.value.problems]
        assert codes == [("unknown_code", 0), ("no_steps", 1), ("last_not_for_all", 1)]
        assert version.table() == [REMIND, PEACE]

    def test_refuse_a_challenger_for_more_than_half(self):
        version = drafted([PEACE])

        with pytest.raises(StrategyRefused) as refusal:
            save(version, [PEACE], share_bps=5_001)

        assert refusal.value.field == "share"

    def test_refuse_what_somebody_else_saved_over(self):
        version = drafted([REMIND, PEACE])
        seen = digest_of(version)
        save(version, [PEACE])

        with pytest.raises(DraftChanged):
            save(version, [REMIND, PEACE], seen=seen)

        assert version.table() == [PEACE]

    def test_are_not_for_collectors(self):
        version = drafted([PEACE])

        with pytest.raises(NotAuthorized):
            save(version, [REMIND, PEACE], user=factories.staff("Chidi"))

        assert version.table() == [PEACE]

    def test_of_a_strategy_that_there_is_already_are_begun_from_it(self):
        version = published([REMIND, PEACE])

        again = new_draft(version_id=version.pk, user=supervisor())

        assert (again.number, again.table()) == (2, version.table())
        with pytest.raises(StrategyRefused):
            add_strategy(code="other", name="Other", product="", user=supervisor())


class TestPublication:
    def test_is_by_another_person_and_retires_the_champion_before(self):
        before = published([PEACE])
        version = drafted([REMIND, PEACE], source=before)
        request = ask(version)

        with pytest.raises(OwnRequest):
            approve(request_id=request.pk, user=supervisor(), today=TODAY)
        version.refresh_from_db()
        assert version.status == "SUBMITTED"

    def test_puts_it_in_use(self):
        before = published([PEACE])
        version = drafted([REMIND, PEACE], source=before)
        request = ask(version)
        assert ask(version).pk == request.pk

        approve(request_id=request.pk, user=supervisor("Anna"), today=TODAY, seen=fingerprint(request, today=TODAY))

        version.refresh_from_db()
        before.refresh_from_db()
        assert (version.status, before.status, before.end_reason) == ("PUBLISHED", "RETIRED", "NEW_CHAMPION")
        assert AuditRecord.objects.filter(action="collections.strategy_published").count() == 2

    def test_that_was_declined_leaves_a_draft_again(self):
        version = drafted([REMIND, PEACE])
        request = ask(version)
        with pytest.raises(StrategyFixed):
            save(version, [PEACE])

        decline(request_id=request.pk, user=supervisor("Anna"), note="too much", today=TODAY)

        assert save(version, [PEACE]).status == "DRAFT"
        assert version.table() == [PEACE]

    def test_of_a_challenger_needs_a_champion_and_no_other_challenger(self):
        version = drafted([PEACE], share_bps=1_000)
        with pytest.raises(NothingToCompareWith):
            ask(version)

        save(version, [PEACE])
        ask(version)
        StrategyVersion.objects.update(status="PUBLISHED", published_at=NOW)
        published([REMIND, PEACE], share_bps=1_000, source=version)
        another = drafted([PEACE], share_bps=1_000, source=version)
        with pytest.raises(NothingToCompareWith):
            ask(another, "k2")

    def test_of_a_new_champion_ends_the_trial_beside_the_old_one(self):
        champion = published([PEACE])
        challenger = published([REMIND, PEACE], share_bps=1_000, source=champion)

        published([REMIND, PEACE], source=champion)

        challenger.refresh_from_db()
        assert (challenger.status, challenger.end_reason) == ("RETIRED", "NEW_CHAMPION")

    @pytest.mark.parametrize("change", ["update", "delete", "add", "share", "back"])
    def test_fixes_what_it_says_whoever_asks(self, change):
        version = published([REMIND, PEACE])
        rows, versions = version.rows, StrategyVersion.objects.filter(pk=version.pk)
        changes = {
            "update": lambda: rows.update(to_days=99),
            "delete": lambda: rows.all().delete(),
            "add": lambda: StrategyRow.objects.create(version=version, place=9),
            "share": lambda: versions.update(note="x"),
            "back": lambda: versions.update(status="DRAFT", published_at=None),
        }

        with pytest.raises(IntegrityError, match="strategy_is_fixed"), transaction.atomic():
            changes[change]()

        assert version.table() == [REMIND, PEACE]


class TestStopping:
    def test_takes_it_out_of_use_with_the_reason_once(self):
        version = published([REMIND, PEACE])

        for why in ("too many calls", "again"):
            stop_version(version_id=version.pk, reason=why, user=supervisor(), now=NOW)

        version.refresh_from_db()
        assert (version.status, version.end_reason) == ("RETIRED", "too many calls")

    def test_is_not_for_collectors_nor_for_drafts(self):
        version = published([REMIND, PEACE])
        draft = drafted([PEACE], source=version)

        with pytest.raises(NotAuthorized):
            stop_version(version_id=version.pk, reason="x", user=factories.staff("Chidi"), now=NOW)
        with pytest.raises(StrategyFixed):
            stop_version(version_id=draft.pk, reason="x", user=supervisor(), now=NOW)

        version.refresh_from_db()
        assert version.status == "PUBLISHED"


RULE = TrialRule(window_days=30, least_people=10, most_share_bps=5_000)
DRAWN = TODAY - 40 * DAY


@pytest.fixture
def trial():
    """Twelve people on each side, drawn forty days ago; all of the champion's are free of arrears since."""
    champion = published([REMIND, PEACE])
    challenger = published([PEACE], share_bps=5_000, source=champion)
    for number in range(24):
        file = late_person(f"P{number}")
        is_challenger = number < 12
        closed_on = None if is_challenger else DRAWN + 9 * DAY
        file.__class__.objects.filter(pk=file.pk).update(
            state="READY" if is_challenger else "CLOSED", opened_on=DRAWN, closed_on=closed_on
        )
        StrategyDraw.objects.create(
            version=challenger,
            borrower=file.borrower,
            file=file,
            is_challenger=is_challenger,
            drawn_on=DRAWN,
            overdue_minor=100_00,
        )
    return challenger


class TestResults:
    def test_count_people_for_the_side_in_which_they_were_drawn(self, trial):
        complainer, payer = StrategyDraw.objects.order_by("pk")[:2]
        make_complaint(
            borrower_id=complainer.borrower_id,
            loan_id=None,
            about="CONTACT",
            words="too often",
            wish="",
            key=uuid4(),
            now=midnight(DRAWN) + timedelta(days=2),
            actor="x",
        )
        factories.pay(payer.borrower.loans.get(), 40_00, DRAWN + 29 * DAY, today=TODAY)
        factories.pay(payer.borrower.loans.get(), 50_00, DRAWN + 30 * DAY, today=TODAY)

        sent_at = midnight(DRAWN) + timedelta(days=3)
        sent = {"status": "SENT", "purpose": "REMINDER", "not_before": sent_at, "sent_at": sent_at}
        factories.message(payer.borrower, dedupe_key="out", channel="SMS", **sent)
        factories.message(payer.borrower, dedupe_key="in", channel="IN_APP", **sent)
        factories.message(payer.borrower, dedupe_key="no", purpose="REMINDER", status="BLOCKED", not_before=sent_at)

        found = trial_of(trial.pk, on=TODAY, rule=RULE)

        mine, others = found.challenger, found.champion
        assert (mine.people, mine.through, mine.cured, mine.paid, mine.complained) == (12, 12, 0, 1, 1)
        assert (mine.overdue_minor, mine.paid_minor, mine.complaints) == (1_200_00, 40_00, 1)
        assert (mine.contacts, mine.blocked, mine.tried) == (1, 1, 2)
        assert (others.people, others.through, others.cured, others.complained) == (12, 12, 12, 0)

    def test_say_nothing_of_windows_that_are_not_over(self, trial):
        StrategyDraw.objects.update(drawn_on=TODAY - 29 * DAY)

        found = trial_of(trial.pk, on=TODAY, rule=RULE)

        assert (found.challenger.people, found.challenger.through, found.harm) == (12, 0, None)


class TestSafeStop:
    def test_ends_a_challenger_that_cures_fewer_and_tells_who_is_on_call(self, trial):
        assert stop_unsafe_trials(on=TODAY, rules=RULE, actor="system:close") == 1
        assert stop_unsafe_trials(on=TODAY, rules=RULE, actor="system:close") == 0

        trial.refresh_from_db()
        assert (trial.status, trial.end_reason) == ("RETIRED", End.WORSE_CURE)
        assert Alert.objects.get().kind == "strategy.less_cure"

    def test_leaves_one_alone_of_which_too_little_is_known(self, trial):
        rule = TrialRule(window_days=30, least_people=13, most_share_bps=5_000)

        assert stop_unsafe_trials(on=TODAY, rules=rule, actor="system:close") == 0

        trial.refresh_from_db()
        assert trial.status == "PUBLISHED"
