"""Making the tables of a new database in seconds; the first migration of each app uses it."""

from django.db import migrations
from django.db.migrations.state import ProjectState


class CreateModel(migrations.CreateModel):
    """
    A model that nothing names yet, so that none of those that are there need be made anew.

    Django makes all that are related anew for every model that is added: with two hundred, that takes a minute.
    """

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        there = state.__dict__.pop("apps", None)
        super().state_forwards(app_label, state)
        if there is not None:
            there.render_multiple([state.models[app_label, self.name_lower]])
            state.__dict__["apps"] = there
