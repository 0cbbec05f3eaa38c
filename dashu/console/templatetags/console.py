"""The rooms of the console, for the bar that every page of it shows."""

from django import template
from django.http import HttpRequest

from dashu.console.rooms import Tab, tabs

register = template.Library()


@register.simple_tag
def console_rooms(request: HttpRequest) -> list[Tab]:
    return tabs(request.path)
