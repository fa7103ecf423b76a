"""The limit: what is left when only the work is done. WSGI, psycopg's pool, one prepared statement a read.

JSON is built in PostgreSQL. Not a way to write a service: no forms of errors, no filters but those measured.
"""

import hashlib
import json
import os
import secrets
from http import HTTPStatus
from urllib.parse import parse_qs

from psycopg import conninfo
from psycopg_pool import ConnectionPool

from benchmarks.rivals import bare_limit_sql as sql
from benchmarks.rivals.bare_limit_import import import_document, new_article

PAGE_SIZE = 50
pool = ConnectionPool(
    conninfo.make_conninfo(
        host=os.environ["BENCH_HOST"],
        port=os.environ["BENCH_PORT"],
        user=os.environ["BENCH_USER"],
        dbname=os.environ["BENCH_DATABASE"],
    ),
    min_size=1,
    max_size=8,
    open=False,
    # Never forgets how it planned: the statements are few.
    kwargs={"autocommit": True, "prepare_threshold": 0, "prepared_max": None},
)
os.register_at_fork(after_in_child=pool.open)  # gunicorn loads this before it forks, and no thread lives on in a fork


class Refused(Exception):
    """With a status code and nothing more."""


def application(environ, start_response):
    try:
        code, version, body = answer(environ)
    except Refused as refusal:
        start_response(f"{refusal} Refused", [("Content-Length", "0")])
        return [b""]
    digest = hashlib.blake2b(body, digest_size=12).hexdigest()
    tag = f'"{version}-{digest}"' if version else f'"{digest}"'
    rule = "private, no-cache" if "HTTP_AUTHORIZATION" in environ else "public, max-age=60"
    headers = [("ETag", tag), ("Vary", "Accept, Authorization, Cookie"), ("Cache-Control", rule)]
    if environ.get("HTTP_IF_NONE_MATCH") == tag:
        start_response("304 Not Modified", headers)
        return [b""]
    headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(f"{code} {HTTPStatus(code).phrase}", headers)
    return [body]


def answer(environ):
    """Status, version and JSON."""
    address = environ["PATH_INFO"].removeprefix("/api/v1/").rstrip("/").split("/")
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    with pool.connection() as connection:
        user = caller(connection, environ)
        match environ["REQUEST_METHOD"], *address:
            case "GET", "statements":
                return 200, None, page(connection, sql.PAGE, sql.PUBLIC_PAGE, user, query)
            case "GET", "disputes":
                return 200, None, page(connection, sql.PUBLIC_DISPUTES, sql.PUBLIC_DISPUTES, user, query)
            case "GET", "statements", row_id if "as_of" in query:
                return one(connection, sql.AS_OF, {"id": int(row_id), "moment": query["as_of"]})
            case "GET", "statements", row_id:
                return one(connection, sql.ONE if user else sql.PUBLIC_ONE, {"id": int(row_id)})
            case "POST", "statements", row_id, "tag":
                return tag(connection, user, int(row_id), body_of(environ))
            case "POST", "statements":
                return 201, 1, insert(connection, user, [body_of(environ)])
            case "POST", "articles":
                made = new_article(connection, editor(user), body_of(environ))
                return 201, 1, json.dumps({"id": made}).encode()
            case "PUT", "articles", row_id, "annotations":
                document = body_of(environ)
                import_document(connection, editor(user), int(row_id), document)
                return 200, None, json.dumps(document).encode()
            case "POST", "statements", "bulk":
                return 201, None, b"[%b]" % insert(connection, user, body_of(environ))
    raise Refused(404)


def caller(connection, environ):
    """(id, groups) by one indexed look-up, or None for a stranger."""
    if "HTTP_AUTHORIZATION" not in environ:
        return None
    key = environ["HTTP_AUTHORIZATION"].removeprefix("Token ")
    found = connection.execute(sql.CALLER, [hashlib.sha512(key.encode()).hexdigest()]).fetchone()
    if found is None:
        raise Refused(401)
    return found


def editor(user):
    """The id of the caller, who must be one."""
    if user is None or "editor" not in user[1]:
        raise Refused(403)
    return user[0]


def body_of(environ):
    return json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))


def page(connection, signed_in, public, user, query):
    statement = signed_in if user else public
    size = int(query.get("page_size", PAGE_SIZE))
    after = int(query["after"]) if "after" in query else None
    named = {"before": int(query.get("before", 2**62)), "size": size + 1, "after_start": after, "after_id": None}
    if "article" in query:
        statement = sql.of_an_article(statement)
        named["article"] = int(query["article"])
        if after is None:
            named["after_start"] = named["after_id"] = -1
        else:
            named["after_id"] = int(query["after_id"])
    if "tag" in query:
        statement = sql.of_a_tag(statement)
        named["tag"] = query["tag"]
    rows = connection.execute(statement, named, binary=True).fetchall()
    following = f'"?before={rows[size - 1][0]}"' if len(rows) > size else "null"
    results = ",".join([row[1] for row in rows[:size]])
    return f'{{"next":{following},"previous":null,"results":[{results}]}}'.encode()


def one(connection, statement, named):
    found = connection.execute(statement, named, binary=True).fetchone()
    if found is None:
        raise Refused(404)
    return 200, found[0], found[1].encode()


def tag(connection, user, row_id, given):
    named = {"id": row_id, "actor": editor(user), "tag": given["tag"], "reason": given["reason"]}
    with connection.transaction():
        connection.execute(sql.TAG, named)
        return one(connection, sql.ONE, {"id": row_id})


def insert(connection, user, rows):
    actor = editor(user)
    for row in rows:
        row["key"] = f"s-{secrets.token_hex(5)}"
    with connection.transaction():
        made = connection.execute(sql.INSERT, {"rows": json.dumps(rows), "actor": actor}).fetchall()
        ids = [row[0] for row in made]
        found = connection.execute(sql.SEVERAL, {"ids": ids}, binary=True).fetchall()
    return ",".join([row[1] for row in found]).encode()
