"""
Nothing that decides on credit, price, help or collection can know what somebody learned.

Three nets: no chain of imports leads there, through whatever modules between; no text of these programs names its
tables, models or modules, also where a name is only a string; no relation leads back from a borrower or a user. Each
net is held against what it must catch.
"""

import ast
from collections.abc import Iterator

import grimp
import pytest
from django.apps import apps

from tests.architecture.source import python_files

# Whole apps, so that credit review, scoring, pricing, early warning, relief and collections are all in it, with all
# that lies below them. What stands above shows pages and hands people their own data; it decides nothing.
DECIDING = ("loans", "repayments", "collections_mgmt")
BELOW = tuple(
    f"dashu.{name}"
    for name in (
        "accounts", "alerts", "api", "approvals", "audit", "bulk", "consents", "documents", "finance", "kernel",
        "ledger", "messaging", "policy", "tapes", "users", "web", "webhooks",
    )
)  # fmt: skip
NET = (*DECIDING, *BELOW)
# Rules of learning, which are read for it here and say nothing about anybody.
RULES = {"education.repeats", "education.just_in_time", "education.encouragement"}
# Alerts of editors about their lessons.
ALERTS = {"education.facts_to_review", "education.lesson_broken", "education.lesson_not_published"}
MAY_SAY = {"dashu/policy/rules.py": RULES, "dashu/alerts/texts.py": ALERTS}
# The purpose of a message that points to a lesson: who may be sent one, and how often.
SAYS_LEARNING = {
    "dashu/messaging/links.py": "the link that stops them",
    "dashu/messaging/models/contact.py": "that they can be stopped",
    "dashu/messaging/models/guarding.py": "the name of the purpose",
    "dashu/messaging/models/outbox.py": "the name of the purpose",
    "dashu/messaging/services/opt_out.py": "that they can be stopped",
    "dashu/policy/contact_guard.py": "that they are counted for themselves",
    "dashu/policy/contact_rules.py": "the name of the purpose",
}
# Calls that reach what no import shows, and who makes them with a name that is no constant.
LOOKS_UP_FREELY = {
    "dashu/bulk/kinds.py": "the kinds of bulk jobs, a table of its own",
    "dashu/bulk/services/start_job.py": "the kinds of bulk jobs, a table of its own",
    "dashu/ledger/periods.py": "the checks before a period is closed, a setting that a test reads",
    "dashu/users/services/rotate_field_keys.py": "every sealed column; it seals them anew and decides nothing",
}
LOOKS_UP = {"get_model", "get_models", "get_app_config", "import_module", "import_string", "__import__"}


def is_in(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def chains(graph: grimp.ImportGraph) -> set[str]:
    """Return the modules of the net from which some chain of imports leads to what people learn."""
    learned = {module for module in graph.modules if is_in(module, ("education",))}
    reached: set[str] = set()
    for module in learned:
        reached |= graph.find_downstream_modules(module)
    return {module for module in reached - learned if is_in(module, NET)}


def own_names() -> set[str]:
    """What the models are called where they are only strings or attributes."""
    found = set()
    for model in apps.get_app_config("education").get_models():
        name = model._meta.model_name
        found |= {f"{name}_set", model._meta.db_table}
        if name != "repeat":  # a word that others need, too
            found |= {name, model.__name__.lower()}
    return found


def folded(node: ast.AST) -> str | None:
    """Return the text of a constant, also of one that is put together of constants."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = folded(node.left), folded(node.right)
        return left + right if left is not None and right is not None else None
    if isinstance(node, ast.JoinedStr):
        return "".join(folded(part) or "\0" for part in node.values)
    return None


def documents(tree: ast.AST) -> set[int]:
    """The docstrings, which may speak of anything."""
    return {
        id(node.body[0].value)  # type: ignore[attr-defined]
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
    }


def named(source: str, *, may_say: frozenset[str] = frozenset()) -> list[str]:
    """Return what a program says that could lead to what people learn."""
    tree, ours = ast.parse(source), own_names()
    told = documents(tree)
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            word = node.attr if isinstance(node, ast.Attribute) else node.id
            if word.lower() in ours or word == "LEARNING":
                found.append(word)
        elif isinstance(node, ast.keyword) and node.arg and set(node.arg.split("__")) & ours:
            found.append(node.arg)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [module for module in modules if is_in(module, ("education",))]
        text = None if id(node) in told else folded(node)
        if text is not None and text not in may_say and leads_there(text, ours):
            found.append(text)
    return found


def leads_there(text: str, ours: set[str]) -> bool:
    low = text.lower()
    parts = set(low.replace('"', " ").replace("'", " ").replace(".", " ").replace("__", " ").split())
    return text == "education" or "education_" in text or "education." in text or bool(parts & ours)


def looks_up(source: str) -> list[str]:
    """Return the calls that look something up by a name that is no constant."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = folded(node.args[0]) if node.args else None
            if called in LOOKS_UP and (name is None or "\0" in name):
                found.append(called)
    return found


def programs() -> Iterator[tuple[str, str]]:
    for path, text in python_files():
        module = ".".join(path.with_suffix("").parts)
        if is_in(module, NET) and "migrations" not in path.parts:
            yield path.as_posix(), text


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("dashu", "loans", "repayments", "collections_mgmt", "education")


class TestImports:
    def test_no_chain_leads_to_what_people_learn(self, graph):
        assert chains(graph) == set()

    def test_the_net_holds_all_that_decides(self, graph):
        decides = {
            "loans.services.decide_application", "loans.scoring.card", "loans.services.approve_application",
            "collections_mgmt.services.leads_sql", "collections_mgmt.services.relief.make_offers",
            "collections_mgmt.services.relief.accept_offer", "collections_mgmt.services.strategies_sql",
        }  # fmt: skip

        assert decides <= graph.modules
        assert all(is_in(module, NET) for module in decides)

    @pytest.mark.parametrize(
        "chain",
        [
            ("loans.services.decide_application", "education.models"),
            ("loans.scoring.card", "dashu.privacy.tables"),
            ("collections_mgmt.services.leads_sql", "dashu.portal.teaching"),
            ("dashu.policy.rules", "education.selectors.repeats"),
        ],
    )
    def test_one_that_did_would_be_found_through_whatever_lies_between(self, graph, chain):
        importer, imported = chain
        graph.add_import(importer=importer, imported=imported)
        try:
            assert importer in chains(graph)
        finally:
            graph.remove_import(importer=importer, imported=imported)


class TestNames:
    def test_are_said_nowhere(self):
        found = {path: named(text, may_say=frozenset(MAY_SAY.get(path, ()))) for path, text in programs()}

        assert {path: words for path, words in found.items() if words and path not in SAYS_LEARNING} == {}

    def test_those_that_say_the_purpose_of_a_message_say_nothing_else(self):
        found = {path: set(named(text)) for path, text in programs() if path in SAYS_LEARNING}

        assert found == {path: {"LEARNING"} for path in SAYS_LEARNING}

    def test_nothing_is_looked_up_by_a_name_made_up_at_run_time(self):
        found = {path: looks_up(text) for path, text in programs()}

        assert {path for path, calls in found.items() if calls} == set(LOOKS_UP_FREELY)

    @pytest.mark.parametrize(
        "source",
        [
            "from education.models import LessonProgress",
            "import education.selectors.progress as p",
            "apps.get_model('education', 'LessonProgress')",
            "apps.get_model('education.QuizAnswer')",
            "apps.get_app_config('education')",
            "import_module('education.selectors.repeats')",
            "cursor.execute('SELECT count(*) FROM education_quizanswer AS a')",
            "cursor.execute('SELECT 1 FROM \"education_learningmoment\"')",
            "cursor.execute(f'SELECT {what} FROM education_repeat')",
            "name = 'educa' + 'tion_' + 'quizanswer'",
            "ContentType.objects.get(model='learningmoment')",
            "borrower.learningmoment_set.exists()",
            "Borrower.objects.filter(learningmoment__opened_at=None)",
            "Borrower.objects.exclude(**{'lessonprogress__mastered_at': None})",
            "OutboxMessage.objects.filter(purpose=Purpose.LEARNING)",
        ],
    )
    def test_one_would_be_caught(self, source):
        assert named(source) != []

    @pytest.mark.parametrize(
        "source",
        [
            '"""What people learn in education.models is not looked at."""',
            "purpose = Purpose.EDUCATION",
            "label = _('Education or training')",
            "lesson = 'many-lenders'",
            "repeat = 3",
            "redirect('education:lesson', slug)",
        ],
    )
    def test_what_is_no_data_of_anybody_may_be_said(self, source):
        assert named(source) == []

    @pytest.mark.parametrize(
        "source", ["apps.get_model(name)", "import_module(f'{x}')", "apps.get_models()", "__import__(a)"]
    )
    def test_a_free_look_up_would_be_caught(self, source):
        assert looks_up(source) != []


class TestRelations:
    def test_none_leads_back_from_a_borrower_a_user_or_a_loan(self):
        outside = [
            f"{model._meta.label}.{field.name}"
            for model in apps.get_app_config("education").get_models()
            for field in model._meta.concrete_fields
            if field.related_model
            and field.related_model._meta.app_label != "education"
            and not field.remote_field.hidden
        ]

        assert outside == []

    def test_none_leads_to_a_loan_at_all(self):
        lending = {"loans", "repayments", "collections_mgmt"}
        related = {
            field.related_model._meta.app_label
            for model in apps.get_app_config("education").get_models()
            for field in model._meta.concrete_fields
            if field.related_model
        }

        assert related & lending == set()
