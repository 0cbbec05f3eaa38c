"""Words that mean something else elsewhere: here they are said as the desk means them."""

import pytest
from django.utils import translation

from collections_mgmt.desk.forms import GiveForm, RebalanceForm
from collections_mgmt.models import CloseRun
from collections_mgmt.scripts_admin import ScriptForm
from collections_mgmt.strategy_forms import StrategyForm
from collections_mgmt.strategy_pages import _FILES
from dashu.messaging.models import ContactAttempt

SAID = {
    "zh-hans": ["从谁处转出", "转给谁", "转给谁", "代码", "代码", "档案", "运行中", "应对方要求"],
    "zh-hant": ["從誰處轉出", "轉給誰", "轉給誰", "代碼", "代碼", "檔案", "執行中", "應對方要求"],
    "en": ["From", "To", "To", "Code", "Code", "files", "Running", "asked for"],
}


@pytest.mark.parametrize("language", SAID)
def test_are_those_of_people_files_and_closes(language):
    with translation.override(language):
        said = [
            RebalanceForm.base_fields["from_user"].label,
            RebalanceForm.base_fields["to_pool"].label,
            GiveForm.base_fields["to_user"].label,
            ScriptForm.base_fields["code"].label,
            StrategyForm.base_fields["code"].label,
            _FILES,
            CloseRun.Status.RUNNING.label,
            ContactAttempt._meta.get_field("is_consented").verbose_name,
        ]
        assert [str(each) for each in said] == SAID[language]
