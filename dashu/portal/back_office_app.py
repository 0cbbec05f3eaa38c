"""Which site `admin.site` is; in a module of its own, because Django looks for every configuration of an `apps.py`."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    default_site = "dashu.portal.back_office.BackOffice"
