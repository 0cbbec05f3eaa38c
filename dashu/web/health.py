"""What a load balancer asks: does the process live, and can it serve."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

ANSWER_WITHIN_SECONDS = 2


@never_cache
def live(_request: HttpRequest) -> JsonResponse:
    """The process answers; says nothing about the servers behind it, so that their trouble does not restart it."""
    return JsonResponse({"status": "live"})


@never_cache
def ready(_request: HttpRequest) -> JsonResponse:
    """The database and the broker answer; 503 with the code of the first that does not."""
    for code, is_there in (("database_unreachable", _database_answers), ("redis_unreachable", redis_answers)):
        if not is_there():
            return JsonResponse({"status": "unavailable", "code": code}, status=503)
    return JsonResponse({"status": "ready"})


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def redis_answers() -> bool:
    """Tell whether the broker answers within a moment."""
    seconds = ANSWER_WITHIN_SECONDS
    try:
        with redis.from_url(settings.REDIS_URL, socket_connect_timeout=seconds, socket_timeout=seconds) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
