import pytest

from dashu.accounts.refilling import Typed, refilled

PAGE = """<!doctype html>
<p>大樹</p><form method="post" action="/language/"><input name="name" value="menu"></form>
<form method="post"
  novalidate>
<input type="hidden" name="key" value="new"><input name="name" value="old" id="id_name">
<input type="password" name="secret"><input type="checkbox" name="agree" checked>
<input type="radio" name="way" value="a" checked> <input type="radio" name="way" value="b">
<select name="month"><option value="1" selected>1</option><option value="2">2</option></select>
<textarea name="words">
old &amp; gone</textarea><input name="row"><input name="row">
</form><input name="name" value="outside">"""


def fill(page=PAGE, to="/here/", left_out=(), **fields):
    return refilled(page, Typed(to, fields, frozenset(left_out)), path="/here/")


class TestRefilled:
    def test_writes_what_was_typed_and_leaves_the_rest_as_it_was(self):
        page, is_found = fill(
            name=['"><script>'], words=["a < b\nc"], month=["2"], way=["b"], row=["1", "2"], key=["x"]
        )

        assert is_found is True
        assert page == (
            PAGE.replace(
                'name="name" value="old" id="id_name"', 'name="name" id="id_name" value="&quot;&gt;&lt;script&gt;"'
            )
            .replace('name="agree" checked', 'name="agree"')
            .replace('value="a" checked', 'value="a"')
            .replace('name="way" value="b"', 'name="way" value="b" checked')
            .replace('<option value="1" selected>', '<option value="1">')
            .replace('<option value="2">', '<option value="2" selected>')
            .replace("\nold &amp; gone", "\na &lt; b\nc")
            .replace('<input name="row"><input name="row">', '<input name="row" value="1"><input name="row" value="2">')
        )

    def test_leaves_alone_what_was_not_kept(self):
        page, _ = fill(left_out=["agree"], name=["new"])

        assert 'name="agree" checked' in page

    @pytest.mark.parametrize("to", ["/elsewhere/", "/here/more/"])
    def test_changes_nothing_where_no_form_sends_there(self, to):
        assert fill(to=to, name=["new"]) == (PAGE, False)

    def test_finds_a_form_by_the_address_that_it_sends_to(self):
        page = '<form method="post" action="/loans/A%201/pay/?x=1"><input name="amount"></form>'

        assert fill(page, to="/loans/A 1/pay/", amount=["5"])[0].endswith('<input name="amount" value="5"></form>')

    def test_fills_no_form_that_only_asks(self):
        page = '<form action="/here/"><input name="amount"></form>'

        assert fill(page, amount=["5"]) == (page, False)

    def test_fills_each_choice_of_several(self):
        page = '<form method="post"><select name="m" multiple><option value="1"><option value="2"></select></form>'

        assert fill(page, m=["1", "2"])[0].count(" selected") == 2

    def test_opens_what_is_folded_around_the_form_and_nothing_else(self):
        form = '<form method="post"><input name="a"><input name="b"></form>'
        page = f'<details><p></p></details><details class="more"><details open>{form}</details></details><details>'

        shown = fill(page, a=["1"], b=["2"])[0]

        assert shown == (
            page.replace('<details class="more">', '<details open class="more">')
            .replace('name="a"', 'name="a" value="1"')
            .replace('name="b"', 'name="b" value="2"')
        )
