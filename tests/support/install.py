"""Makes a database with the tables of a Label Studio 1.x install, as an early release of it had them: fewer columns."""

import base64
import hashlib
import hmac
import json
import sqlite3
from contextlib import closing
from pathlib import Path

PASSWORD = "ann-has-a-password"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
_CONFIG = '<View><Text name="t" value="$text"/><Choices name="c" toName="t"><Choice value="a"/><Choice value="b"/></Choices></View>'
_SCHEMA = """
CREATE TABLE htx_user (id integer PRIMARY KEY AUTOINCREMENT, password text, username text, email text, first_name text,
  last_name text, is_active bool, date_joined datetime, last_activity datetime, phone text, active_organization_id integer);
CREATE TABLE organization (id integer PRIMARY KEY AUTOINCREMENT, title text, created_at datetime, updated_at datetime,
  created_by_id integer, token text);
CREATE TABLE organizations_organizationmember (id integer PRIMARY KEY AUTOINCREMENT, organization_id integer, user_id integer);
CREATE TABLE authtoken_token (key text PRIMARY KEY, user_id integer);
CREATE TABLE project (id integer PRIMARY KEY AUTOINCREMENT, title text, label_config text, organization_id integer,
  created_by_id integer, created_at datetime, updated_at datetime, maximum_annotations integer, sampling text,
  show_skip_button bool);
CREATE TABLE task (id integer PRIMARY KEY AUTOINCREMENT, data text, meta text, overlap integer, project_id integer,
  created_at datetime, updated_at datetime, file_upload_id integer);
CREATE TABLE task_completion (id integer PRIMARY KEY AUTOINCREMENT, result text, was_cancelled bool, created_at datetime,
  updated_at datetime, task_id integer, lead_time real, result_count integer, completed_by_id integer, ground_truth bool);
CREATE TABLE prediction (id integer PRIMARY KEY AUTOINCREMENT, result text, score real, model_version text,
  created_at datetime, updated_at datetime, task_id integer);
CREATE TABLE data_import_fileupload (id integer PRIMARY KEY AUTOINCREMENT, project_id integer, user_id integer, file text);
"""
_AT = "2022-03-04 05:06:07.000008"


SECRET_KEY = "django-insecure-old = key"


def personal_token(number: int, user_id: int, key: str = SECRET_KEY) -> str:
    """A personal access token as the old server signed it."""

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    claims = {
        "token_type": "refresh",
        "exp": 7_889_270_400,
        "iat": 1646370367,
        "jti": f"{number:032x}",
        "user_id": str(user_id),
    }
    header = part(b'{"alg":"HS256","typ":"JWT"}')
    head = f"{header}.{part(json.dumps(claims).encode())}"
    return f"{head}.{part(hmac.digest(key.encode(), head.encode(), 'sha256'))}"


def result(choice: str) -> str:
    return json.dumps(
        [{"id": "x", "from_name": "c", "to_name": "t", "type": "choices", "value": {"choices": [choice]}}]
    )


def make(directory: Path, *, tasks: int = 5, config: str = _CONFIG) -> Path:
    """An install with one project (id 3), two users and an upload; its database."""
    (directory / "media" / "upload" / "3").mkdir(parents=True)
    (directory / "media" / "upload" / "3" / "ab12cd34-größe.txt").write_text("a file", encoding="utf-8")
    path = directory / "label_studio.sqlite3"
    hashed = base64.b64encode(hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salt", 1000)).decode()
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.executescript(_SCHEMA)
        user = "INSERT INTO htx_user VALUES (?, ?, ?, ?, ?, '', 1, ?, ?, '', 1)"
        conn.execute(
            user, (4, f"pbkdf2_sha256$1000$salt${hashed}", "ann", "Ann@Example.org", "Ann", _AT, _AT)
        )
        conn.execute(user, (6, "bcrypt$unknown", "bob", "bob@example.org", "Bob", _AT, _AT))
        conn.execute("INSERT INTO organization VALUES (1, 'Old house', ?, ?, 4, 'invite-me')", (_AT, _AT))
        conn.execute("INSERT INTO organizations_organizationmember VALUES (1, 1, 4), (2, 1, 6)")
        conn.execute("INSERT INTO authtoken_token VALUES (?, 4)", (TOKEN,))
        conn.execute(
            "INSERT INTO project VALUES (3, 'Old project', ?, 1, 4, ?, ?, 2, 'Uniform sampling', 1)",
            (config, _AT, _AT),
        )
        conn.execute("INSERT INTO data_import_fileupload VALUES (2, 3, 4, 'upload/3/ab12cd34-größe.txt')")
        for number in range(1, tasks + 1):
            task_id = 10 * number
            data = json.dumps({"text": f"größe {number} 😀"})
            conn.execute(
                "INSERT INTO task VALUES (?, ?, '{\"n\": 1}', 2, 3, ?, ?, 2)", (task_id, data, _AT, _AT)
            )
            if number % 2:
                conn.execute(
                    "INSERT INTO task_completion VALUES (?, ?, ?, ?, ?, ?, 1.5, 1, 6, 0)",
                    (task_id + 1, result("a"), number == 3, _AT, _AT, task_id),
                )
                conn.execute(
                    "INSERT INTO prediction VALUES (?, ?, 0.25, 'v1', ?, ?, ?)",
                    (number, result("b"), _AT, _AT, task_id),
                )
    return path


def add_the_rest(path: Path) -> None:
    """What later releases have beside: a copy of a prediction, labels, webhooks, storages with links, tokens."""
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.executescript(_REST)
        conn.execute("UPDATE task_completion SET prediction = ? WHERE id = 11", (SHOWN,))
        conn.execute(
            "INSERT INTO labels_manager_label VALUES (7, ?, ?, '[\"Cheese\"]', 'Cheese', NULL, 1, 4, 6, 1)",
            (_AT, _AT),
        )
        conn.execute("INSERT INTO labels_manager_labellink VALUES (3, 'c', 7, 3)")
        for number, project in ((5, 3), (6, None)):
            conn.execute(
                'INSERT INTO webhook VALUES (?, ?, 1, \'{"X-Key": "k"}\', 1, ?, ?, 1, ?, 1)',
                (number, f"https://example.org/{number}", _AT, _AT, project),
            )
        conn.execute(
            "INSERT INTO io_storages_s3importstorage VALUES (2, 'Letters', ?, 'post', 'in/', 1, 3, 'id', 'key', 15)",
            (_AT,),
        )
        conn.execute(
            "INSERT INTO io_storages_s3importstoragelink VALUES (1, 'in/a.txt', 2, 10), (2, 'in/b.txt', 2, 20)"
        )
        conn.execute("INSERT INTO io_storages_localfilesmixin VALUES (4, '/srv/letters', '.*txt', 0)")
        conn.execute("INSERT INTO io_storages_localfilesexportstorage VALUES (4, 'Out', ?, 3)", (_AT,))
        conn.execute("INSERT INTO io_storages_gcsimportstorage VALUES (1)")
        backend = "INSERT INTO ml_mlbackend VALUES (?, ?, ?, ?, 'v7', 3, ?, ?, 1, 12.5, 0, ?, ?, ?, ?)"
        login = ("BASIC_AUTH", "me", "secret words")
        conn.execute(
            backend, (1, "http://127.0.0.1:9090/", "Moods", "Old one", _AT, _AT, *login, '{"depth": 3}')
        )
        conn.execute(backend, (2, "model.local", "Wrong", None, _AT, _AT, "NONE", None, None, None))
        conn.execute(
            "INSERT INTO webhook VALUES (8, 'http://127.0.0.1:9090/webhook', 0, '{}', 1, ?, ?, 1, 3, 1)",
            (_AT, _AT),
        )
        conn.execute("INSERT INTO webhook_action VALUES (1, 'ANNOTATION_CREATED', 8)")
        later, over = "2220-01-01 00:00:00", "2023-01-01 00:00:00"
        for number, user, until in (
            (1, 4, later),
            (2, 6, later),
            (3, 4, over),
            (4, 4, later),
            (5, 99, later),
        ):
            conn.execute(
                "INSERT INTO token_blacklist_outstandingtoken VALUES (?, ?, ?, ?, ?)",
                (number, personal_token(number, user).rpartition(".")[0], user, _AT, until),
            )
        conn.execute("INSERT INTO token_blacklist_blacklistedtoken VALUES (1, 4)")
        conn.execute("INSERT INTO data_manager_view VALUES (9, '{\"title\": \"Mine\"}', 3, '[]', 4)")


SHOWN = '{"id": 1, "score": 0.50, "model_version": "v1"}'
_REST = """
ALTER TABLE task_completion ADD COLUMN prediction text;
CREATE TABLE labels_manager_label (id integer PRIMARY KEY, created_at datetime, updated_at datetime, value text, title text,
  description text, approved bool, approved_by_id integer, created_by_id integer, organization_id integer);
CREATE TABLE labels_manager_labellink (id integer PRIMARY KEY, from_name text, label_id integer, project_id integer);
CREATE TABLE webhook (id integer PRIMARY KEY, url text, send_for_all_actions bool, headers text, is_active bool,
  created_at datetime, updated_at datetime, send_payload bool, project_id integer, organization_id integer);
CREATE TABLE io_storages_s3importstorage (id integer PRIMARY KEY, title text, created_at datetime, bucket text, prefix text,
  use_blob_urls bool, project_id integer, aws_access_key_id text, aws_secret_access_key text, presign_ttl integer);
CREATE TABLE io_storages_s3importstoragelink (id integer PRIMARY KEY, key text, storage_id integer, task_id integer);
CREATE TABLE io_storages_localfilesmixin (id integer PRIMARY KEY, path text, regex_filter text, use_blob_urls bool);
CREATE TABLE io_storages_localfilesexportstorage (localfilesmixin_ptr_id integer PRIMARY KEY, title text, created_at datetime,
  project_id integer);
CREATE TABLE io_storages_gcsimportstorage (id integer PRIMARY KEY);
CREATE TABLE webhook_action (id integer PRIMARY KEY, action text, webhook_id integer);
CREATE TABLE ml_mlbackend (id integer PRIMARY KEY AUTOINCREMENT, url text, title text, description text, model_version text,
  project_id integer, created_at datetime, updated_at datetime, is_interactive bool, timeout real, auto_update bool,
  auth_method text, basic_auth_user text, basic_auth_pass text, extra_params text);
CREATE TABLE token_blacklist_outstandingtoken (id integer PRIMARY KEY, token text, user_id integer, created_at datetime,
  expires_at datetime);
CREATE TABLE token_blacklist_blacklistedtoken (id integer PRIMARY KEY, token_id integer);
CREATE TABLE data_manager_view (id integer PRIMARY KEY, data text, project_id integer, ordering text, user_id integer);
"""
