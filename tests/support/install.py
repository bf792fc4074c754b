"""Makes a database with the tables of a Label Studio 1.x install, as an early release of it had them: fewer columns."""

import base64
import hashlib
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
