"""Whatever annotators do and in whatever order: slots stay exact and every task that someone may have, they get."""

import shutil
import statistics
import tempfile
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection
from tests.support.labeling import RESULT, add_tasks, check_books, make_actors, make_project

from labelyard.actor import Actor
from labelyard.annotations import service as annotations
from labelyard.db import schema
from labelyard.db.migrate import prepare
from labelyard.kit.clock import SECOND
from labelyard.kit.db.sqlite import SqliteDatabase
from labelyard.kit.errors import Conflict
from labelyard.predictions import service as predictions
from labelyard.projects import queries as project_queries
from labelyard.projects import service as projects
from labelyard.queue import service as queue
from labelyard.sampling import BY_WORD, HIGHEST_SCORE, LOWEST_SCORE, SEQUENTIAL, UNCERTAINTY, UNIFORM
from labelyard.tasks.service import follow_project

TTL = 100
USERS = 3
SAMPLINGS = (*BY_WORD.values(), UNCERTAINTY)
SKIPS = ("REQUEUE_FOR_OTHERS", "REQUEUE_FOR_ME", "IGNORE_SKIPPED")
who = st.integers(0, USERS - 1)
pick = st.integers(0, 10**6)


@cache
def migrated() -> Path:
    path = Path(tempfile.mkdtemp(prefix="labelyard-test-")) / "empty.sqlite3"
    prepare("", path, path.parent)
    return path


class Labeling(RuleBasedStateMachine):
    """Several annotators on one small project; a brute-force reading of the rules is the oracle."""

    @initialize(
        sampling=st.sampled_from(SAMPLINGS),
        skips=st.sampled_from(SKIPS),
        overlap_first=st.booleans(),
        maximum=st.integers(1, 2),
        overlaps=st.lists(st.integers(1, 3), min_size=3, max_size=7),
    )
    def start(self, sampling, skips, overlap_first, maximum, overlaps):
        self.directory = tempfile.TemporaryDirectory(prefix="labelyard-test-")
        path = Path(self.directory.name) / "db.sqlite3"
        shutil.copy(migrated(), path)
        self.db = SqliteDatabase(path, readers=1, synchronous="NORMAL")
        self.now = 1_000_000 * SECOND

        def make(conn: Connection) -> tuple[list[Actor], int]:
            # Reviewers, because everybody changes and deletes the annotations of everybody in this play.
            actors = make_actors(conn, USERS, "reviewer")
            project = make_project(
                conn, actors[0], sampling=sampling, skip_queue=skips, show_overlap_first=overlap_first,
                maximum_annotations=maximum,
            )  # fmt: skip
            add_tasks(conn, actors[0], project, overlaps)
            return actors, project

        self.actors, self.project = self.db.write_sync(make)

    def teardown(self):
        if hasattr(self, "db"):
            self.db.close()
            self.directory.cleanup()

    # --- the oracle ----------------------------------------------------------------------------------------------

    def rows(self, table):
        return self.db.read_sync(
            lambda conn: conn.execute(sa.select(table).order_by(*table.primary_key.columns)).all()
        )

    def project_row(self):
        return self.db.read_sync(projects.get, self.actors[0], self.project)

    def fresh_for(self, user_id: int) -> list:
        """Tasks that this user may be handed as new ones, once expired leases are taken back."""
        ignores = self.project_row().skip_queue == "IGNORE_SKIPPED"
        leases = [each for each in self.rows(schema.lease) if each.expires_at >= self.now]
        made = self.rows(schema.annotation)
        drafts = self.rows(schema.draft)
        fresh = []
        for task in self.rows(schema.task):
            counting = task.total_annotations + (task.cancelled_annotations if ignores else 0)
            free = task.overlap - counting - sum(each.task_id == task.id for each in leases)
            mine = (
                any(each.task_id == task.id and each.user_id == user_id for each in leases)
                or any(each.task_id == task.id and each.completed_by == user_id for each in made)
                or any(
                    each.task_id == task.id and each.user_id == user_id and each.was_postponed
                    for each in drafts
                )
            )
            if free > 0 and not mine:
                fresh.append(task)
        return fresh

    def comes_back_to(self, user_id: int) -> set[int]:
        """Postponed, or with REQUEUE_FOR_ME skipped, tasks that may be handed out again."""
        project = self.project_row()
        ignores = project.skip_queue == "IGNORE_SKIPPED"
        leases = [each for each in self.rows(schema.lease) if each.expires_at >= self.now]
        made, drafts = self.rows(schema.annotation), self.rows(schema.draft)
        back = set()
        for task in self.rows(schema.task):
            counting = task.total_annotations + (task.cancelled_annotations if ignores else 0)
            held = [each.user_id for each in leases if each.task_id == task.id]
            if task.overlap - counting - len(held) <= 0 or user_id in held:
                continue
            mine = [each for each in made if each.task_id == task.id and each.completed_by == user_id]
            postponed = any(
                each.task_id == task.id and each.user_id == user_id and each.was_postponed for each in drafts
            )
            if postponed and not mine:
                back.add(task.id)
            if project.skip_queue == "REQUEUE_FOR_ME" and mine and all(each.was_cancelled for each in mine):
                back.add(task.id)
        return back

    def expected_first(self, fresh: list) -> int | None:
        project = self.project_row()
        if project.show_overlap_first:
            fresh = [task for task in fresh if task.overlap > 1] or fresh
        placed = self.rows(schema.project_counts)[0].placed_from == 1
        if project.sampling == SEQUENTIAL or (project.sampling == UNIFORM and not placed):
            return min(task.id for task in fresh)
        if project.sampling in (UNCERTAINTY, LOWEST_SCORE, HIGHEST_SCORE):
            scores = self.scores(project)
            scored = [task for task in fresh if task.id in scores]
            return min(scored or fresh, key=lambda task: (scores.get(task.id, 0), task.id)).id
        if project.maximum_annotations > 1:
            return min(fresh, key=lambda task: task.rnd).id
        return None

    def scores(self, project) -> dict[int, float]:
        """What the order goes by, the least first."""
        found: dict[int, list[float]] = {}
        for each in self.rows(schema.prediction):
            counts = project.sampling != UNCERTAINTY or project.model_version in ("", each.model_version)
            if each.score is not None and counts:
                found.setdefault(each.task_id, []).append(each.score)
        if project.sampling == UNCERTAINTY:
            return {task_id: min(scores) for task_id, scores in found.items()}
        sign = -1 if project.sampling == HIGHEST_SCORE else 1
        return {task_id: sign * statistics.fmean(scores) for task_id, scores in found.items()}

    # --- what people do ------------------------------------------------------------------------------------------

    @rule(user=who, prefetch=st.booleans())
    def ask(self, user, prefetch):
        self.handed(user, prefetch)

    @rule(user=who, skips=st.lists(st.booleans(), min_size=1, max_size=4))
    def label_on(self, user, skips):
        for skip in skips:
            found = self.handed(user, False)
            if found is not None:
                given = {"result": RESULT, "was_cancelled": skip}
                self.db.write_sync(annotations.create, self.actors[user], found.task_id, given)

    @rule(user=who, ahead=st.integers(2, 3), chosen=pick)
    def fetch_ahead_and_give_one_back(self, user, ahead, chosen):
        held = [found for found in (self.handed(user, True) for _ in range(ahead)) if found is not None]
        if held:
            self.db.write_sync(queue.release, self.actors[user], held[chosen % len(held)].task_id)

    def handed(self, user, prefetch):
        """Ask for the next task, and hold the answer against the rules."""
        actor = self.actors[user]
        held = {
            each.task_id
            for each in self.rows(schema.lease)
            if each.user_id == actor.user_id and each.expires_at >= self.now
        }
        exclude = sorted(held) if prefetch else []
        fresh = self.fresh_for(actor.user_id)
        back = self.comes_back_to(actor.user_id)
        found = self.db.write_sync(
            queue.next_task, actor, self.project_row(), exclude=exclude, ttl_seconds=TTL, now=self.now
        )
        if held and not prefetch:
            assert found is not None
            assert found.task_id in held
            assert found.queue == "Task lock"
        elif fresh:
            assert found is not None, "a task was lost"
            assert found.task_id in {task.id for task in fresh}
            assert self.expected_first(fresh) in (None, found.task_id)
        elif back:
            assert found is not None, "a task that comes back was lost"
            assert found.task_id in back
        else:
            assert found is None
        return found

    @rule(user=who, chosen=pick, skip=st.booleans(), own=st.booleans())
    def submit(self, user, chosen, skip, own):
        """A task that the user holds, or (a late submit, or from the task table) any other."""
        actor = self.actors[user]
        held = [each.task_id for each in self.rows(schema.lease) if each.user_id == actor.user_id]
        among = held if own and held else [task.id for task in self.rows(schema.task)]
        task_id = among[chosen % len(among)]
        self.db.write_sync(annotations.create, actor, task_id, {"result": RESULT, "was_cancelled": skip})
        assert (task_id, actor.user_id) not in {
            (each.task_id, each.user_id) for each in self.rows(schema.lease)
        }

    @rule(user=who, chosen=pick)
    def give_back(self, user, chosen):
        tasks = self.rows(schema.task)
        self.db.write_sync(queue.release, self.actors[user], tasks[chosen % len(tasks)].id)

    @rule(user=who, chosen=pick)
    def hold_longer(self, user, chosen):
        tasks = self.rows(schema.task)
        task = tasks[chosen % len(tasks)]
        held = {(each.task_id, each.user_id) for each in self.rows(schema.lease)}
        try:
            self.db.write_sync(queue.renew, self.actors[user], task.id, ttl_seconds=TTL, now=self.now)
        except Conflict:
            assert task.free_slots == 0
        else:
            assert task.free_slots > 0 or (task.id, self.actors[user].user_id) in held

    @rule(seconds=st.sampled_from([1, TTL // 2, TTL + 1]))
    def wait(self, seconds):
        self.now += seconds * SECOND

    @rule()
    def sweep(self):
        self.db.write_sync(queue.expire, now=self.now)
        assert all(each.expires_at >= self.now for each in self.rows(schema.lease))

    @precondition(lambda self: self.rows(schema.annotation))
    @rule(user=who, chosen=pick)
    def delete_annotation(self, user, chosen):
        made = self.rows(schema.annotation)
        self.db.write_sync(annotations.delete, self.actors[user], made[chosen % len(made)].id)

    @precondition(lambda self: self.rows(schema.annotation))
    @rule(user=who, chosen=pick, skip=st.booleans(), truth=st.booleans(), author=who)
    def change_annotation(self, user, chosen, skip, truth, author):
        made = self.rows(schema.annotation)
        given = {"was_cancelled": skip, "ground_truth": truth, "completed_by": self.actors[author].user_id}
        self.db.write_sync(annotations.update, self.actors[user], made[chosen % len(made)].id, given)

    @precondition(lambda self: self.rows(schema.annotation))
    @rule(user=who, chosen=pick)
    def take_back(self, user, chosen):
        made = self.rows(schema.annotation)
        self.db.write_sync(annotations.convert_to_draft, self.actors[user], made[chosen % len(made)].id)

    @rule(user=who, chosen=pick)
    def postpone(self, user, chosen):
        tasks = self.rows(schema.task)
        self.db.write_sync(
            annotations.create_draft,
            self.actors[user],
            tasks[chosen % len(tasks)].id,
            {"was_postponed": True},
        )

    @precondition(lambda self: self.rows(schema.draft))
    @rule(chosen=pick, delete=st.booleans())
    def drop_or_resume_draft(self, chosen, delete):
        drafts = self.rows(schema.draft)
        draft = drafts[chosen % len(drafts)]
        actor = next(each for each in self.actors if each.user_id == draft.user_id)
        if delete:
            self.db.write_sync(annotations.delete_draft, actor, draft.id)
        else:
            self.db.write_sync(
                annotations.update_draft, actor, draft.id, {"was_postponed": not draft.was_postponed}
            )

    # --- what managers do ----------------------------------------------------------------------------------------

    @rule(
        change=st.sampled_from(
            [
                "overlap",
                "overlap",
                "rules",
                "sampling",
                "place",
                "add",
                "predict",
                "predict",
                "guess",
                "forget",
                "clear",
            ]
        ),
        chosen=pick,
        overlap=st.integers(1, 3),
        skips=st.sampled_from(SKIPS),
        sampling=st.sampled_from(SAMPLINGS),
        score=st.sampled_from([None, 0.0, 0.25, 0.5, 1.0]),
        version=st.sampled_from(["a", "b"]),
    )
    def manage(self, change, chosen, overlap, skips, sampling, score, version):
        tasks, guesses = self.rows(schema.task), self.rows(schema.prediction)
        task_id = tasks[chosen % len(tasks)].id
        write, owner = self.db.write_sync, self.actors[0]
        if change == "overlap":
            write(self.change_overlap, task_id, overlap)
        elif change == "rules":
            write(self.change_rules, skips, overlap)
        elif change == "sampling":
            write(self.change_sampling, sampling)
        elif change == "place":
            write(self.place)
        elif change == "add" and len(tasks) < 15:
            write(add_tasks, owner, self.project, [overlap] * (chosen % 3 + 1))
        elif change == "predict":
            write(
                predictions.create,
                owner,
                task_id,
                {"result": RESULT, "score": score, "model_version": version},
            )
        elif change == "guess" and guesses:
            write(predictions.update, owner, guesses[chosen % len(guesses)].id, {"score": score})
        elif change == "forget" and guesses:
            write(predictions.delete, owner, guesses[chosen % len(guesses)].id)
        elif change == "clear":
            write(annotations.delete_for_tasks, owner, self.project_row(), [task_id])

    @staticmethod
    def change_overlap(conn: Connection, task_id: int, overlap: int) -> None:
        conn.execute(sa.update(schema.task).where(schema.task.c.id == task_id).values(overlap=overlap))
        queue.recount(conn, task_id)

    def change_rules(self, conn: Connection, skips: str, overlap: int) -> None:
        conn.execute(sa.update(schema.project).values(skip_queue=skips))
        conn.execute(sa.update(schema.task).values(overlap=overlap))
        queue.recount_project(conn, self.project, 1, 10**9)

    def change_sampling(self, conn: Connection, sampling: str) -> None:
        conn.execute(sa.update(schema.project).values(sampling=sampling))
        if sampling == UNIFORM:
            project_queries.draw_places(conn, self.project)

    def place(self, conn: Connection) -> None:
        """What a change to uniform sampling asks for, some time after it."""
        counts = projects.counts(conn, self.project)
        if counts.placed_from is not None:
            row = projects.get(conn, self.actors[0], self.project)
            ways = {"overlap": False, "slots": False, "scores": False, "places": True}
            follow_project(conn, row, 1, counts.last_inner_id, **ways)
            project_queries.all_placed(conn, self.project)

    @invariant()
    def books_are_exact(self):
        if hasattr(self, "db"):
            self.db.read_sync(check_books, self.project)


Labeling.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestLabeling = Labeling.TestCase
