# One small image for nodes and for the operator's commands.
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY hydrachat hydrachat
COPY wire wire
COPY node node
COPY client client
COPY cluster cluster
COPY drill drill
# Without pip and setuptools of its own the environment is little more than half as large.
RUN python -m venv --without-pip /opt/hydrachat && pip --python /opt/hydrachat/bin/python install --no-cache-dir .

FROM python:3.11-slim
COPY --from=build /opt/hydrachat /opt/hydrachat
RUN useradd --system --no-create-home --shell /usr/sbin/nologin hydrachat
USER hydrachat
ENV PATH=/opt/hydrachat/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 7701 7801
# A node is asked under its own host name, where the other nodes ask it, too.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python", "-c", "import socket, urllib.request as u; u.urlopen('http://%s:7801/readyz' % socket.gethostname(), timeout=2)"]
ENTRYPOINT ["hydrachat"]
CMD ["--help"]
