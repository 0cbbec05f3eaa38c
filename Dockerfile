FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DASHU_HOME=/srv/home \
    DJANGO_SETTINGS_MODULE=dashu.settings.prod

RUN useradd --system --uid 10001 --home-dir /srv/home --create-home dashu
WORKDIR /srv/dashu

# The packages change more rarely than the code, so they are a layer of their own.
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock

COPY . .
# Neither step opens the database or needs a secret of the installation.
RUN DJANGO_SETTINGS_MODULE=dashu.settings.test python manage.py collectstatic --noinput --verbosity 0 \
    && python -m dashu.runtime.catalogs compile \
    && mkdir -p /srv/home/media /srv/home/private /srv/metrics /srv/backups \
    && chown -R dashu /srv/home/media /srv/home/private /srv/metrics /srv/backups

USER dashu
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "dashu.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "4", "--threads", "2", "--preload", "--no-control-socket", "--limit-request-line", "8190", "--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "30"]
