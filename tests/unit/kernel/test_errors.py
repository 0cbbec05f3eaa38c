from dashu.kernel import errors
from dashu.kernel.errors import DomainError, InvalidInput


class TestDomainError:
    def test_shows_code_sentence_and_field(self):
        refusal = InvalidInput("Between %(low)s and %(high)s.", field="count", params={"low": 1, "high": 600})

        assert refusal.as_json() == {"code": "invalid_input", "message": "Between 1 and 600.", "field": "count"}
        assert str(refusal) == "Between 1 and 600."

    def test_a_percent_sign_in_a_plain_sentence_is_no_parameter(self):
        assert DomainError("Not above 24%.").user_message == "Not above 24%."

    def test_is_translated_when_it_is_read(self, monkeypatch):
        refusal = DomainError("Good %(what)s.", params={"what": "day"})

        monkeypatch.setattr(errors, "translate", {"Good %(what)s.": "Guten %(what)s."}.__getitem__)

        assert refusal.user_message == "Guten day."

    def test_says_refused_with_422_unless_a_subclass_knows_better(self):
        assert (DomainError.code, DomainError.http_status) == ("refused", 422)
        assert DomainError("No.").details == {}
