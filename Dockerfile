# The studio (target studio) and the proxy in front of it (target proxy). docs/many-boxes.md tells how they are run.
#
# Bases are pinned by the tag of a version. A digest pins harder; add yours where you can look it up:
#   docker buildx imagetools inspect python:3.11.14-slim-bookworm
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm
ARG NGINX_IMAGE=nginx:1.28.0-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /srv/studio
# The lock first: it changes less often than the code. Everything comes as a wheel, so nothing is compiled.
COPY requirements-postgres.txt ./
RUN python -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-input \
        --require-hashes --only-binary :all: -r requirements-postgres.txt \
    && .venv/bin/python -m pip uninstall --disable-pip-version-check --yes pip setuptools
COPY manage.py ./
COPY gallery gallery
COPY studio studio
COPY templates templates
COPY static static
# A secret key is made for this step and stays in its folder, which is no part of what is copied on.
RUN STUDIO_DATA_DIR=/tmp/build STUDIO_STATIC_DIR=/srv/studio/public/static \
        .venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && .venv/bin/python -m compileall -q gallery studio

FROM ${PYTHON_IMAGE} AS studio
# Numbers, so that Kubernetes too can see that it is not root. Nothing but /data may be written.
RUN mkdir -p /data/media && chown -R 10001:10001 /data
COPY --from=build /srv/studio /srv/studio
WORKDIR /srv/studio
ENV PATH=/srv/studio/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=studio.settings \
    STUDIO_DATA_DIR=/data \
    STUDIO_STATIC_DIR=/srv/studio/public/static
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["gunicorn", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=8", "--worker-tmp-dir=/dev/shm", "--graceful-timeout=25", "--log-level=warning", "--preload", "--no-control-socket", "--config=python:studio.supervisor.web", "studio.wsgi:application"]

FROM ${NGINX_IMAGE} AS proxy
RUN mkdir /buffers && chown 10001:10001 /buffers
COPY deploy/nginx.conf /etc/nginx/nginx.conf
COPY --from=build /srv/studio/public /srv/studio/public
# The same number as the studio's: pictures are readable for their owner alone.
USER 10001:10001
EXPOSE 8080 8443
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--insecure", "--output", "/dev/null", "https://127.0.0.1:8443/healthz"]
