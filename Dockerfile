# One small image for nodes and for the operator's commands. What it is made of is named exactly: the base by its whole
# version, Python packages by requirements/*.txt with their hashes. To have the base by its digest, too:
#
#   docker buildx imagetools inspect python:3.11.15-slim-bookworm      shows its digest
#   docker build --build-arg BASE=python:3.11.15-slim-bookworm@sha256:… .
ARG BASE=python:3.11.15-slim-bookworm

FROM ${BASE} AS build
WORKDIR /source
# First what changes rarely. Without pip and setuptools of its own the environment is little more than half as large.
COPY requirements requirements
RUN python -m venv --without-pip /opt/hydrachat \
 && pip --python /opt/hydrachat/bin/python install --no-cache-dir --require-hashes -r requirements/run.txt \
 && python -m venv /opt/build \
 && pip --python /opt/build/bin/python install --no-cache-dir --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY hydrachat hydrachat
COPY wire wire
COPY node node
COPY client client
COPY cluster cluster
COPY drill drill
RUN pip --python /opt/build/bin/python wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && pip --python /opt/hydrachat/bin/python install --no-cache-dir --no-deps --no-index /wheel/hydrachat-*.whl

# Of the build only the environment: no pip of ours, no sources, no caches.
FROM ${BASE}
RUN groupadd --gid 7700 hydrachat \
 && useradd --uid 7700 --gid 7700 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin hydrachat
COPY --from=build /opt/hydrachat /opt/hydrachat
# A number, so that an orchestrator can see that it isn't root (runAsNonRoot).
USER 7700:7700
ENV PATH=/opt/hydrachat/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 7701 7801
# A node is asked under its own host name, where the other nodes ask it, too.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import socket, urllib.request as u; u.urlopen('http://%s:7801/readyz' % socket.gethostname(), timeout=2)"]
ENTRYPOINT ["hydrachat"]
CMD ["--help"]
