"""
No code path sends to somebody or shows their number without the contact guard.

The database keeps the other half: what was sent, and every attempt, has a decision that allowed it, see
tests/integration/messaging/test_dialing.py. Here the source is read: who hands messages over, who sends mail past the
outbox, and who reads a phone. Each place has its reason; a new one is thought about when it is written down here.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import python_files, text_files

TRANSPORTS = {"carry", "find", "send_to_gateway"}
HANDS_OVER = {
    "dashu/messaging/sending.py": "judges each message right before",
    "dashu/messaging/secret_texts.py": "codes that the person asked for at this moment, see there",
}
SENDS_MAIL = {
    "dashu/messaging/transports.py": "one of the transports",
    "dashu/messaging/guest_mail.py": "tells visitors of the workshop that they signed up for, no borrowers",
    "dashu/alerts/services.py": "tells staff",
    "dashu/break_glass/telling.py": "tells staff",
    "dashu/insight/services/sending.py": "sends reports to staff who may see them",
    "dashu/webhooks/services/telling.py": "tells a partner's people of their endpoint, never a borrower",
    "dashu/console/telling.py": "tells a partner's people of their keys, never a borrower",
}
READS_PHONES = {
    "dashu/messaging/services/handing_over.py": "gives a number where a decision allows it",
    "dashu/messaging/services/dialing.py": "shows a number in the answer of an allowed decision",
    "dashu/messaging/services/representatives.py": "compares and writes",
    "dashu/messaging/transports.py": "dials what the guard let leave",
    "dashu/messaging/delivery.py": "the address of what the guard let leave",
    "dashu/messaging/services/secret_texts.py": "codes that the person asked for",
    "dashu/messaging/admin.py": "masks it",
    "dashu/users/admin.py": "masks it",
    "dashu/users/models/identity.py": "masks it",
    "dashu/users/models/sign_in_phone.py": "masks it",
    "loans/models/parties.py": "masks it",
    "dashu/portal/own_settings.py": "the borrower's own, masked",
    "dashu/portal/forms.py": "the borrower's own: which ways there are",
    "dashu/portal/applying/forms.py": "the applicant's own form",
    "dashu/portal/applying/steps.py": "the applicant's own form",
    "dashu/users/services/sign_in_phones.py": "signs in with it",
    "dashu/accounts/telling.py": "tells the owner of a change",
    "dashu/accounts/recovery.py": "a code that the owner asked for",
    "dashu/accounts/adapter.py": "signs in with it",
    "dashu/accounts/views.py": "what was typed",
    "dashu/portal/demo/seeding.py": "writes it",
    "dashu/portal/demo/relief.py": "picks invented borrowers who have one",
    "dashu/privacy/services/close_account.py": "the way back that the person asked for",
    "collections_mgmt/desk/page.py": "of the lender's own line for complaints",
    "collections_mgmt/scripts_admin.py": "the lender's own, for complaints",
    "collections_mgmt/contact_facts.py": "gives a guarantor's to the guard alone",
    "collections_mgmt/services/relief/offer_codes.py": "a code that the borrower asked for",
    "loans/services/answer_step.py": "compares what was typed",
    "loans/services/submit_application.py": "compares",
    "loans/services/sign_guarantee.py": "a code that the guarantor asked for",
    "loans/services/guarantor_links.py": "a link that the applicant asked for",
    "loans/services/ask_guarantors_again.py": "compares and writes",
    "loans/services/apply_for_partner.py": "writes what the partner said",
    "loans/services/signing_codes.py": "a code that the applicant asked for",
    "education/models/workshops.py": "masks it",
    "education/services/workshops/contacts.py": "makes the blind index of what a visitor typed",
    "education/services/workshops/guests.py": "a code or a reminder that the visitor asked for",
    "education/services/workshops/sign_up.py": "writes what the visitor typed",
    "repayments/api/borrowers.py": "shows the partner what it said, masked or written down",
    "loans/services/open_signature.py": "a code that the applicant asked for",
    "loans/services/sign_contract.py": "writes it",
    "loans/services/draft_contract.py": "where the code went, masked already",
    "loans/services/start_application.py": "the applicant's own",
    "loans/selectors/same_person.py": "looks for equal ones",
}
# The pages of staff that show `something.phone`, with what that is.
SHOWN_TO_STAFF = {"templates/loans/application.html": "revealed to an underwriter who compares papers, and audited"}


def trees() -> Iterator[tuple[str, ast.AST]]:
    for path, text in python_files():
        if "migrations" not in path.parts:
            yield path.as_posix(), ast.parse(text)


def imported(tree: ast.AST, module: str) -> set[str]:
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == module
        for alias in node.names
    }


class TestTransports:
    def test_are_used_by_what_judges_first(self):
        found = {
            path
            for path, tree in trees()
            if imported(tree, "dashu.messaging.transports") & TRANSPORTS
            or imported(tree, "dashu.messaging") & {"transports"}
        }

        assert found == set(HANDS_OVER)

    def test_are_reached_by_no_other_name(self):
        reached = re.compile(
            r"messaging\.transports|messaging\.gateways|messaging import gateways|_by_gateway|_by_mail|_GATEWAY_URL"
        )
        ours = {f"dashu/messaging/{name}.py" for name in ("transports", "gateways", "secret_texts", "sending")}

        found = {path.as_posix() for path, text in python_files() if reached.search(text)}

        assert {path for path in found - ours if not path.startswith("dashu/settings/")} == set()

    def test_mail_leaves_by_them_and_by_what_writes_to_staff(self):
        found = {path for path, tree in trees() if imported(tree, "django.core.mail")}

        assert found == set(SENDS_MAIL)


class TestPhones:
    def test_are_read_where_there_is_a_reason(self):
        found = {
            path
            for path, tree in trees()
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr == "phone" and isinstance(node.ctx, ast.Load)
        }

        assert found == set(READS_PHONES)

    def test_stand_in_no_list_or_form_of_the_admin_in_clear(self):
        shown = {"list_display", "readonly_fields", "fields", "fieldsets", "values", "values_list"}
        found = set()
        for path, tree in trees():
            for node in ast.walk(tree):
                named = [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    named.append(node.func.attr)
                if shown & set(named) and any(
                    isinstance(part, ast.Constant) and str(part.value).split("__")[-1] == "phone"
                    for part in ast.walk(node)
                ):
                    found.add(path)

        assert found == set()

    def test_stand_on_no_page_of_staff_in_clear(self):
        found = {
            path.as_posix()
            for path, text in text_files()
            if path.suffix == ".html"
            and path.parts[0] == "templates"
            and path.parts[1] in ("admin", "staff", "loans", "collections_mgmt")
            and re.search(r"\.phone\b", text)
        }

        assert found == set(SHOWN_TO_STAFF)


def test_every_reason_is_of_a_file_that_exists():
    root = Path(__file__).resolve().parents[2]

    for path in (*HANDS_OVER, *SENDS_MAIL, *READS_PHONES, *SHOWN_TO_STAFF):
        assert (root / path).is_file(), path
