"""
Staff roles as Django groups.

`roles.yaml` lists what each role may do; `sync_roles` writes that into the groups after every `migrate`, so the file is
the only place to change it. A user is in the group of their role and in no other role's group.
"""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission, PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    BORROWER = "BORROWER", _("Borrower")
    COLLECTOR = "COLLECTOR", _("Collector")
    SUPERVISOR = "SUPERVISOR", _("Supervisor")
    UNDERWRITER = "UNDERWRITER", _("Underwriter")
    ACCOUNTANT = "ACCOUNTANT", _("Accountant")
    PARTNER = "PARTNER", _("Partner")
    ADMIN = "ADMIN", _("Administrator")


STAFF_ROLES = [Role.COLLECTOR, Role.SUPERVISOR, Role.UNDERWRITER, Role.ACCOUNTANT, Role.ADMIN]

ROLES_FILE = Path(__file__).with_name("roles.yaml")


def sync_roles() -> dict[str, int]:
    """Give each role's group exactly the permissions of `roles.yaml`; return how many each has."""
    grants: dict[str, list[str]] = yaml.safe_load(ROLES_FILE.read_text(encoding="utf-8"))
    assert set(grants) == set(STAFF_ROLES), f"roles.yaml must list the roles {sorted(STAFF_ROLES)}"
    permissions = list(Permission.objects.select_related("content_type"))
    counts = {}
    for role, lines in grants.items():
        group, _created = Group.objects.get_or_create(name=role)
        granted = [permission for permission in permissions if any(covers(line, permission) for line in lines)]
        group.permissions.set(granted)
        counts[role] = len(granted)
    return counts


def join_role_group(user: PermissionsMixin, role: str) -> None:
    """Put a user into the group of `role` and out of the groups of other roles."""
    wanted = {role} & set(STAFF_ROLES)
    present = set(user.groups.filter(name__in=STAFF_ROLES).values_list("name", flat=True))
    if present - wanted:
        user.groups.remove(*Group.objects.filter(name__in=present - wanted))
    for name in wanted - present:
        user.groups.add(Group.objects.get_or_create(name=name)[0])


def sync_roles_after_migrate(*, app_config: AppConfig, **_signal: Any) -> None:
    """Run once a `migrate`, after the last app: only then are all permissions there to be granted."""
    if app_config is [config for config in apps.get_app_configs() if config.models_module][-1]:
        sync_roles()


def covers(grant: str, permission: Permission) -> bool:
    """Whether a line of the matrix, `app.model:action,action`, grants a permission."""
    model, actions = grant.split(":")
    action = permission.codename.removesuffix(f"_{permission.content_type.model}")
    return fnmatchcase(f"{permission.content_type.app_label}.{permission.content_type.model}", model) and (
        actions == "*" or action in actions.split(",")
    )
