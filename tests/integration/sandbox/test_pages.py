"""What says that nothing is real, and the page that describes the API."""


class TestSandbox:
    def test_says_so_on_every_page_and_with_every_answer(self, client, sandbox):
        page, answer = client.get("/"), client.get("/api/v1/loans")

        assert "Sandbox: nothing here is real." in page.content.decode()
        assert page["Dashu-Sandbox"] == answer["Dashu-Sandbox"] == "true"


class TestApiDocs:
    def test_can_be_tried_in_a_sandbox(self, client, sandbox):
        page = client.get("/api/docs/").content.decode()

        assert 'data-schema="/api/v1/schema/" data-try' in page
        assert "This is a sandbox" in page

    def test_leads_to_the_sandbox_where_there_is_money(self, client, db, settings):
        settings.SANDBOX_URL = "https://sandbox.example/"

        page = client.get("/api/docs/")

        assert '<a href="https://sandbox.example/api/docs/">' in page.content.decode()
        assert "data-try" not in page.content.decode()
        assert "script-src 'self';" in page["Content-Security-Policy"]

    def test_has_no_inline_script(self, client, db):
        page = client.get("/api/docs/").content.decode()

        assert page.count("<script") == page.count("<script src=")
        assert " style=" not in page
