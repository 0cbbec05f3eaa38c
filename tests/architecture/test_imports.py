from importlinter.cli import lint_imports


class TestImportDirections:
    def test_every_contract_is_kept(self, tmp_path, capsys):
        code = lint_imports(cache_dir=str(tmp_path))

        assert code == 0, capsys.readouterr().out
