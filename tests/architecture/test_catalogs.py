from dashu.runtime.catalogs import problems


class TestCatalogs:
    def test_every_message_is_translated_and_nothing_is_stale(self):
        assert problems() == []
