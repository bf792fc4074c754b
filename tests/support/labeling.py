"""A project with people and tasks, made straight in a database, and what must always hold in it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from labelyard.actor import Actor, Role
from labelyard.db import schema
from labelyard.kit.clock import now_us
from labelyard.projects import service as projects
from labelyard.sampling import UNIFORM
from labelyard.tasks import service as tasks
from labelyard.tasks.service import NewTask

CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="topic" toName="text"><Choice value="Weather"/><Choice value="Sport"/></Choices></View>'
)
RESULT = '[{"id":"r1","from_name":"topic","to_name":"text","type":"choices","value":{"choices":["Weather"]},"score":1.50}]'


def make_actors(conn: Connection, count: int, role_of_others: Role = "annotator") -> list[Actor]:
    """An organization with `count` members; the first owns it."""
    now = now_us()
    organization = conn.execute(
        sa.insert(schema.organization).values(
            title="Lab", invite_token=f"t{now}", created_at=now, updated_at=now
        )
    ).inserted_primary_key
    assert organization is not None
    actors = []
    for number in range(count):
        email = f"user{number}-{now}@example.org"
        user = conn.execute(
            sa.insert(schema.user).values(email=email, date_joined=now, last_activity=now)
        ).inserted_primary_key
        assert user is not None
        role: Role = "owner" if number == 0 else role_of_others
        conn.execute(
            sa.insert(schema.membership).values(
                organization_id=organization[0], user_id=user[0], role=role, created_at=now
            )
        )
        actors.append(Actor(user[0], organization[0], role, email, "cli"))
    return actors


def make_project(conn: Connection, actor: Actor, **values: Any) -> int:
    now = now_us()
    fields = {"label_config": CONFIG, "created_at": now, "updated_at": now, **values}
    key = conn.execute(
        sa.insert(schema.project).values(organization_id=actor.organization_id, **fields)
    ).inserted_primary_key
    assert key is not None
    placed_from = 1 if fields.get("sampling") == UNIFORM else None
    conn.execute(sa.insert(schema.project_counts).values(project_id=key[0], placed_from=placed_from))
    return int(key[0])


def add_tasks(conn: Connection, actor: Actor, project_id: int, overlaps: Sequence[int]) -> list[int]:
    row = projects.get(conn, actor, project_id)
    new = [NewTask(data=f'{{"text": "number {n}"}}', overlap=overlap) for n, overlap in enumerate(overlaps)]
    return list(tasks.insert_tasks(conn, row, actor.user_id, new))


def check_books(conn: Connection, project_id: int) -> None:
    """Every counter of the project and its tasks is what counting the rows gives."""
    project = conn.execute(sa.select(schema.project).where(schema.project.c.id == project_id)).one()
    rows = conn.execute(sa.select(schema.task).where(schema.task.c.project_id == project_id)).all()
    made = conn.execute(
        sa.select(schema.annotation).where(schema.annotation.c.project_id == project_id)
    ).all()
    leases = Counter(conn.scalars(sa.select(schema.lease.c.task_id)))
    guesses = Counter(conn.scalars(sa.select(schema.prediction.c.task_id)))
    answers = Counter((each.task_id, each.was_cancelled) for each in made)
    for row in rows:
        done, skipped = answers[row.id, False], answers[row.id, True]
        counting = done + (skipped if project.skip_queue == "IGNORE_SKIPPED" else 0)
        assert (row.total_annotations, row.cancelled_annotations) == (done, skipped)
        assert row.free_slots == max(0, row.overlap - counting - leases[row.id]), row
        assert row.is_labeled == (counting >= row.overlap)
        assert row.total_predictions == guesses[row.id]
    counts = conn.execute(
        sa.select(schema.project_counts).where(schema.project_counts.c.project_id == project_id)
    ).one()
    placed_from = counts.placed_from or counts.last_inner_id + 1
    assert all(row.rnd > 0 for row in rows if row.inner_id >= placed_from)
    assert counts.tasks == len(rows)
    assert counts.finished == sum(row.is_labeled for row in rows)
    assert counts.annotated == sum(row.total_annotations > 0 for row in rows)
    assert counts.annotations == sum(not each.was_cancelled for each in made)
    assert counts.cancelled == sum(each.was_cancelled for each in made)
    assert counts.ground_truth == sum(each.ground_truth for each in made)
