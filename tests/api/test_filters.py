"""Filters and orders of task lists: what SQL finds on either engine, with and without indexes, is what they mean."""

import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.conftest import ENGINES
from tests.support import filter_oracle as oracle
from tests.support.server import Server, settings_for

from labelyard.db import schema
from labelyard.indexes import queries
from labelyard.indexes import service as indexes
from labelyard.indexes.values import DataKey, Kind
from labelyard.kit import boundaries
from labelyard.views import listing, looking
from labelyard.views.fields import Fields

CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="mood" toName="text">'
    '<Choice value="good"/><Choice value="bad"/></Choices></View>'
)
LONG = "long " * 60
WORDS = [
    "Alpha", "alpha beta", "beta", "", "Гамма", "гамма rays", "ÉTÉ", "été", "a,b", "100%", "under_score",
    'quo"te', "back\\slash", "tab\there", "😀 face", "12", "2.5", "-3e2", "abc", LONG, LONG + "end", "{}", "true",
]  # fmt: skip
VALUES: list[Any] = [
    *WORDS, None, True, False, 0, 1, 2, 2.5, -300, 1e3, 10, 12345678901, [], ["a", "beta"], [1, [2, "deep"]],
    {}, {"k": "deep"}, {"k": None}, {"a": {"b": "Nested Alpha"}},
]  # fmt: skip
# The text of a list or object is the one that is stored, in which letters may be escaped: nothing to be ordered by.
OBJECTS = [{"k": 5, "ключ": "значение"}, {"ключ": ["Слово"]}]
KEYS = ["text", "n", "cat", "o", "nested", "ключ", "with.dot", "with space"]
FIELDS = [*(f"data.{key}" for key in KEYS), "data.o.k", "data.nested.a.b", "data.o.ключ", "data.nothing"]
ORDERED = [name for name in FIELDS if name != "data.o"]


def result_of(label: str) -> list[dict[str, Any]]:
    return [{"from_name": "mood", "to_name": "text", "type": "choices", "value": {"choices": [label]}}]


@dataclass(slots=True)
class Shelf:
    """A server with a project full of odd tasks, and these as the API shows them."""

    server: Server
    client: TestClient
    project: int
    tasks: list[dict[str, Any]]

    def ids(self, **query: Any) -> list[int]:
        answer = self.answer(**query)
        assert answer.status_code == 200, (query, answer.text[:600])
        found = answer.json()
        assert found["total"] == len(found["tasks"])
        return [task["id"] for task in found["tasks"]]

    def answer(self, **query: Any) -> Any:
        parameters: dict[str, Any] = {
            "project": self.project,
            "page_size": 10_000,
            "include": "id",
            "query": json.dumps(query),
        }
        return self.client.get("/api/tasks", params=parameters)

    def paged(self, size: int, **query: Any) -> list[int]:
        """The ids of all pages, asked for out of order."""
        total = self.answer(**query).json()["total"]
        pages = list(range(1, -(-total // size) + 1))
        found: dict[int, list[int]] = {}
        for page in random.Random(total).sample(pages, len(pages)):
            parameters: dict[str, Any] = {
                "project": self.project, "page": page, "page_size": size, "include": "id", "query": json.dumps(query),
            }  # fmt: skip
            shown = self.client.get("/api/tasks", params=parameters).json()["tasks"]
            found[page] = [task["id"] for task in shown]
        return [each for page in pages for each in found[page]]

    def key(self, name: str) -> DataKey:
        columns = {key for task in self.tasks for key in task["data"]}
        key = Fields(columns, "text").find(name).key
        assert key is not None
        return key

    def known(self) -> list[indexes.Index]:
        last = max(task["inner_id"] for task in self.tasks)
        return list(self.server.context.db.read_sync(indexes.known, self.project, last).values())

    def build(self, kind: Any, path: str, *, behind: int = 0) -> None:
        """Make an index; `behind` tasks are left out."""
        db = self.server.context.db
        db.write_sync(indexes.catch_up, self.project, kind, path)
        if behind:
            db.write_sync(_rewind, self.project, kind, path, behind)


def _rewind(conn: Any, project: int, kind: str, path: str, behind: int) -> None:
    """Make an index that stands where it stood before the last tasks came."""
    row = queries.lock_one(conn, project, kind, path)
    assert row is not None
    upto = row.upto_inner_id - behind
    newer = (
        conn.execute(
            sa.select(schema.task.c.id).where(
                schema.task.c.project_id == project, schema.task.c.inner_id > upto
            )
        )
        .scalars()
        .all()
    )
    if kind == "search":
        queries.remove_texts(conn, row.id, newer)
    else:
        table = queries.TABLES[kind]
        conn.execute(table.delete().where(table.c.index_id == row.id, table.c.task_id.in_(newer)))
    queries.advance(conn, row.id, upto)


def odd_tasks() -> list[dict[str, Any]]:
    chance = random.Random(4)
    items = []
    for number in range(90):
        data = {"text": chance.choice(WORDS)}
        for key in KEYS[1:]:
            if chance.random() < 0.7:
                data[key] = chance.choice([*VALUES, *OBJECTS] if key == "o" else VALUES)
        item: dict[str, Any] = {"data": data}
        if number % 3 == 0:
            item["annotations"] = [
                {"result": result_of(chance.choice(("good", "bad"))), "was_cancelled": chance.random() < 0.3,
                 "lead_time": chance.choice((None, 1.5, 7))}
                for _ in range(chance.randint(1, 2))
            ]  # fmt: skip
        if number % 4 == 0:
            item["predictions"] = [
                {"result": result_of("good"), "score": chance.choice((0.25, 0.5, None)),
                 "model_version": chance.choice(("v1", "v2"))}
                for _ in range(chance.randint(1, 2))
            ]  # fmt: skip
        items.append(item)
    return items


def make_shelf(server: Server) -> Shelf:
    client = server.client()
    project = client.post("/api/projects", json={"title": "Odd", "label_config": CONFIG}).json()["id"]
    items = odd_tasks()
    # As clients write them: letters beyond ASCII as they are or escaped, with spaces or without.
    for ascii_only, part in ((False, items[:30]), (True, items[30:60])):
        body = json.dumps(part, ensure_ascii=ascii_only)
        headers = {"Content-Type": "application/json"}
        made = client.post(f"/api/projects/{project}/import", content=body.encode(), headers=headers)
        assert made.status_code == 201, made.text
    for start in (60, 75):
        made = client.post(f"/api/projects/{project}/import", json=items[start : start + 15])
        assert made.status_code == 201, made.text
    files = {"file": ("lines.csv", b"text\nfrom a file\n", "text/csv")}
    assert client.post(f"/api/projects/{project}/import", files=files).status_code == 201
    ids = [each["id"] for each in client.get(f"/api/tasks?project={project}").json()["tasks"]]
    client.post(f"/api/tasks/{ids[1]}/drafts", json={"result": result_of("good")})
    client.patch(f"/api/tasks/{ids[2]}", json={"meta": {"touched": True}})
    client.delete(f"/api/tasks/{ids[5]}")
    shown = client.get(f"/api/tasks?project={project}&fields=all&page_size=1000").json()["tasks"]
    assert len(shown) == 90
    return Shelf(server, client, project, shown)


@pytest.fixture(scope="module", params=ENGINES)
def shelf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres").database())
        server = stack.enter_context(Server(settings_for(tmp_path_factory.mktemp("shelf") / "data", url)))
        yield make_shelf(server)


# --- the meaning of filters ---------------------------------------------------------------------------------------

TEXT_OPERATORS = [
    "equal", "not_equal", "contains", "not_contains", "starts_with", "ends_with", "regex", "less", "greater",
    "less_or_equal", "greater_or_equal",
]  # fmt: skip
NUMBER_OPERATORS = ["equal", "not_equal", "less", "less_or_equal", "greater", "greater_or_equal"]
_texts = st.sampled_from(
    [*WORDS, "ALPHA", "ET", "été", "%", "_", "\\", '"', "deep", "NESTED", "зн", "1", "e"]
)
_numbers = st.sampled_from([0, 1, 2, 2.5, 10, -300, 1000, "2.5", 1e6, 12345678901, 0.1])
_patterns = st.sampled_from(["^al", "(?i)^AL", "[0-9]+$", "beta|Гамма", "^$", "a.*a", "\\\\"])
_flags = st.sampled_from([True, False, "true", "false"])


@st.composite
def data_tests(draw: st.DrawFn) -> dict[str, Any]:
    name = f"filter:tasks:{draw(st.sampled_from(FIELDS))}"
    kind = draw(st.sampled_from(["String", "Number", "Boolean", "Unknown", "List"]))
    shape = draw(st.integers(0, 5))
    if shape == 0:
        return {
            "filter": name,
            "type": kind,
            "operator": draw(st.sampled_from(["empty", "exists"])),
            "value": draw(_flags),
        }
    if kind == "Boolean":
        return {
            "filter": name,
            "type": kind,
            "operator": draw(st.sampled_from(["equal", "not_equal"])),
            "value": draw(_flags),
        }
    of_kind = _numbers if kind == "Number" else _texts
    if shape == 1:
        operator = draw(st.sampled_from(["in", "not_in"]))
        ends = {end: draw(st.none() | of_kind) for end in ("min", "max")}
        return {"filter": name, "type": kind, "operator": operator, "value": ends}
    if shape == 2:
        operator = draw(st.sampled_from(["in_list", "not_in_list"]))
        return {
            "filter": name,
            "type": kind,
            "operator": operator,
            "value": draw(st.lists(of_kind, max_size=4)),
        }
    operator = draw(st.sampled_from(NUMBER_OPERATORS if kind == "Number" else TEXT_OPERATORS))
    value = draw(_patterns) if operator == "regex" else draw(of_kind)
    return {"filter": name, "type": kind, "operator": operator, "value": value}


@st.composite
def own_tests(draw: st.DrawFn) -> dict[str, Any]:
    """Tests of what every task has."""
    empty = (st.just("empty"), _flags)
    has = (st.sampled_from(["contains", "not_contains"]), st.just(1) | st.just("1, 77") | st.just([2, 1]))
    number = (
        st.sampled_from(NUMBER_OPERATORS),
        st.sampled_from([0, 1, 2, 0.5, 0.25, 3.7, "4", -1e30, 1e30, 40]),
    )
    between = (
        st.sampled_from(["in", "not_in"]),
        st.sampled_from([{"min": 1.5, "max": 30}, {"max": 2}, {"min": 0.25}]),
    )
    listed = (st.sampled_from(["in_list", "not_in_list"]), st.just([1, 2.5, 40]))
    moments = st.sampled_from(["2020-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z", "2030-06-01"])
    moment = (st.sampled_from(NUMBER_OPERATORS), moments)
    flag = (st.sampled_from(["equal", "not_equal"]), _flags)
    versions = (
        st.sampled_from(["contains", "not_contains", "equal"]),
        st.sampled_from([["v1"], ["v1", "v2"], "v2", "v9"]),
    )
    results = (
        st.sampled_from(["contains", "not_contains", "equal", "regex"]),
        st.sampled_from(["good", "BAD", '"good"', json.dumps(result_of("good"), indent=1), "[", "no"]).filter(
            lambda each: True
        ),
    )
    texts = (
        st.sampled_from(["equal", "not_equal", "contains", "starts_with"]),
        st.sampled_from(["lines.csv", "LINE", ""]),
    )
    anywhere = (
        st.sampled_from(["contains", "not_contains"]),
        st.sampled_from(["alpha", "Гам", "ET", "zz", "12", "deep", "%", "tru"]),
    )
    table: dict[str, list[Any]] = {
        "id": [number, between, listed], "inner_id": [number, between, listed, empty],
        "total_annotations": [number, empty], "cancelled_annotations": [number, empty], "total_predictions": [number, empty, between],
        "predictions_score": [number, between, empty], "avg_lead_time": [number, empty],
        "created_at": [moment], "updated_at": [moment], "completed_at": [moment, empty],
        "is_labeled": [flag], "draft_exists": [flag], "allow_skip": [flag],
        "annotators": [has, empty], "updated_by": [has, empty], "annotations__completed_by": [has], "annotations_ids": [has, empty],
        "predictions_model_versions": [versions, empty],
        "annotations_results": [results, empty], "predictions_results": [results, empty],
        "file_upload": [texts, empty], "storage_filename": [texts, empty], "data": [anywhere],
    }  # fmt: skip
    name = draw(st.sampled_from(sorted(table)))
    operators, values = draw(st.sampled_from(table[name]))
    operator, value = draw(operators), draw(values)
    if operator == "regex" and value == "[":
        value = "good|bad"
    return {"filter": f"filter:tasks:{name}", "type": "String", "operator": operator, "value": value}


@st.composite
def filter_groups(draw: st.DrawFn) -> dict[str, Any]:
    items = draw(st.lists(data_tests() | own_tests(), min_size=1, max_size=3))
    for item in items:
        if draw(st.integers(0, 5)) == 0:
            item["child_filter"] = draw(data_tests() | own_tests())
    return {"conjunction": draw(st.sampled_from(["and", "or"])), "items": items}


# More of them by hand: LABELYARD_FILTER_EXAMPLES=2000.
EXAMPLES = int(os.environ.get("LABELYARD_FILTER_EXAMPLES", "80"))
GENERATED = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def check(shelf: Shelf, filters: dict[str, Any]) -> None:
    expected = [task["id"] for task in shelf.tasks if oracle.passes(filters, task)]
    assert shelf.ids(filters=filters) == expected, filters


def test_filters_mean_the_same_in_sql(shelf: Shelf) -> None:
    @GENERATED
    @given(filter_groups())
    def one(filters: dict[str, Any]) -> None:
        check(shelf, filters)

    one()


def check_orders(shelf: Shelf, name: str) -> None:
    for descending in (False, True):
        for kind in ("String", "Number"):
            key = f"{'-' if descending else ''}tasks:{name}"
            expected = oracle.in_order(name, kind, shelf.tasks, descending=descending)
            types = {f"tasks:{name}": kind}
            assert shelf.ids(ordering=[key], columnsDisplayType=types) == expected, (key, kind)
            assert shelf.paged(7, ordering=[key], columnsDisplayType=types) == expected, (key, kind)


def test_orders_mean_the_same_in_sql(shelf: Shelf) -> None:
    for name in ORDERED:
        check_orders(shelf, name)
    for name in ("id", "inner_id", "total_annotations", "predictions_score", "avg_lead_time", "created_at",
                 "updated_at", "completed_at", "is_labeled", "file_upload", "total_predictions"):  # fmt: skip
        for descending in (False, True):
            expected = oracle.in_order(name, "Number", shelf.tasks, descending=descending)
            assert shelf.ids(ordering=[f"{'-' if descending else ''}tasks:{name}"]) == expected, name
    for name in ("annotators", "annotations_ids", "predictions_model_versions", "updated_by", "draft_exists"):
        assert sorted(shelf.ids(ordering=[f"-tasks:{name}"])) == [task["id"] for task in shelf.tasks]


def test_several_keys_order_one_after_the_other(shelf: Shelf) -> None:
    by_id = {task["id"]: task for task in shelf.tasks}
    found = shelf.ids(ordering=["-tasks:total_annotations", "tasks:total_predictions", "tasks:id"])
    keys = [(-by_id[each]["total_annotations"], by_id[each]["total_predictions"], each) for each in found]
    assert keys == sorted(keys) and len(found) == len(shelf.tasks)


@pytest.mark.parametrize("behind", [0, 25])
def test_filters_mean_the_same_through_indexes(
    shelf: Shelf, behind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if behind:  # else the list would bring the indexes up to date first
        monkeypatch.setattr(looking, "_PATIENCE", 0)
    for name in FIELDS:
        spec = shelf.key(name).spec
        for kind in ("text", "number"):
            shelf.build(kind, spec, behind=behind)
    shelf.build("search", indexes.SEARCH, behind=behind)
    assert {each.behind for each in shelf.known()} == {behind}
    alone = data_tests().map(lambda test: {"conjunction": "and", "items": [test]})

    @GENERATED
    @given(filter_groups() | alone)
    def one(filters: dict[str, Any]) -> None:
        check(shelf, filters)

    one()
    for name in ORDERED:
        check_orders(shelf, name)
    assert {each.behind for each in shelf.known()} == {behind}


def test_a_filter_and_the_order_of_the_same_key(shelf: Shelf) -> None:
    shelf.build("number", shelf.key("data.n").spec)
    test = {"filter": "filter:tasks:data.n", "type": "Number", "operator": "greater", "value": 0.5}
    filters = {"conjunction": "and", "items": [test]}
    passing = [task for task in shelf.tasks if oracle.passes(filters, task)]
    for descending in (False, True):
        expected = oracle.in_order("data.n", "Number", passing, descending=descending)
        query = {
            "filters": filters,
            "ordering": ["-tasks:data.n" if descending else "tasks:data.n"],
            "columnsDisplayType": {"tasks:data.n": "Number"},
        }
        assert shelf.ids(**query) == expected
        assert shelf.paged(3, **query) == expected
    sums = shelf.answer(filters=filters).json()
    assert sums["total_annotations"] == sum(task["total_annotations"] for task in passing)
    assert sums["total_predictions"] == sum(task["total_predictions"] for task in passing)


# --- what is refused, and what has no effect ----------------------------------------------------------------------


def one_filter(name: str, operator: str, value: Any = None, kind: str = "String") -> dict[str, Any]:
    item = {"filter": f"filter:tasks:{name}", "operator": operator, "type": kind, "value": value}
    return {"conjunction": "and", "items": [item]}


def fault(answer: Any) -> Any:
    assert answer.status_code == 400, answer.text
    return answer.json()["validation_errors"]["filter_group"]["filters"][0]


@pytest.mark.parametrize(
    "name",
    [
        "project__organization__created_by__password", "updated_by__auth_token__key", "annotations__result",
        "updated_by__password", "data__text", "data.a__b",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(shelf: Shelf, name: str) -> None:
    """Nothing tells a right guess of such a name from a wrong one."""
    answers = [shelf.answer(filters=one_filter(name, "starts_with", guess)) for guess in ("a", "argon2", "!")]
    literal = (
        f'"__" is not generally allowed in filters. Consider asking your administrator to add "{name}" to '
        "DATA_MANAGER_FILTER_ALLOWLIST, but note that some filter expressions may pose a security risk"
    )
    assert [fault(answer) for answer in answers] == [{"column": [literal]}] * 3
    assert len({len(answer.content) for answer in answers}) == 1
    for ordering in ([name], [f"-tasks:{name}"]):
        assert shelf.answer(ordering=ordering).status_code == 400
    assert shelf.client.get(f"/api/tasks?project={shelf.project}&ordering=-{name}").status_code == 400
    assert shelf.client.get(f"/api/tasks?project={shelf.project}&include=id,{name}").status_code in (200, 400)
    assert shelf.client.get(f"/api/tasks?project={shelf.project}&fields={name}").status_code == 400
    view = {"project": shelf.project, "data": {"filters": one_filter(name, "equal", "x")}}
    assert shelf.client.post("/api/dm/views", json=view).status_code == 400


def test_a_data_key_with_underscores_is_a_field_where_tasks_have_it(client: TestClient) -> None:
    project = client.post("/api/projects", json={}).json()["id"]
    client.post(f"/api/projects/{project}/import", json=[{"a__b": "x"}, {"a__b": "y"}])
    query = json.dumps({"filters": one_filter("data.a__b", "equal", "y")})
    found = client.get("/api/tasks", params={"project": project, "query": query}).json()
    assert [task["data"] for task in found["tasks"]] == [{"a__b": "y"}]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"filter": "tasks:id"}, "column"),
        ({"filter": "filter:tasks:title"}, "column"),
        ({"filter": "filter:tasks:data."}, "column"),
        ({"filter": "filter:tasks:data..a"}, "column"),
        ({"filter": 'filter:tasks:data.a"b'}, "column"),
        ({"filter": "filter:tasks:data." + ".".join("a" * 30)}, "column"),
        ({"filter": "filter:tasks:" + "x" * 600}, "column"),
        ({"filter": "", "operator": ""}, "filter"),
        ({"type": ""}, "type"),
        ({"operator": "nonsense"}, "operator"),
        ({"filter": "filter:tasks:annotators", "operator": "less"}, "operator"),
        ({"filter": "filter:tasks:id", "value": "x"}, "value"),
        ({"filter": "filter:tasks:id", "value": [1]}, "value"),
        ({"filter": "filter:tasks:id", "value": True}, "value"),
        ({"filter": "filter:tasks:id", "value": "1e999"}, "value"),
        ({"filter": "filter:tasks:id", "operator": "in", "value": 3}, "value"),
        ({"filter": "filter:tasks:created_at", "value": "junk"}, "value"),
        ({"filter": "filter:tasks:is_labeled", "value": "perhaps"}, "value"),
        ({"filter": "filter:tasks:annotators", "operator": "contains", "value": "me"}, "value"),
        ({"filter": "filter:tasks:annotators", "operator": "contains", "value": 2**70}, "value"),
        ({"operator": "empty", "value": "perhaps"}, "value"),
        ({"operator": "regex", "value": "("}, "value"),
        ({"operator": "regex", "value": "x" * 2000}, "value"),
        ({"operator": "contains", "value": "x" * 20_000}, "value"),
        ({"value": {"a": 1}}, "value"),
        ({"child_filter": {"filter": "filter:tasks:id"}}, "child_filter"),
        ({"child_filter": "x"}, "child_filter"),
    ],
)
def test_wrong_filters_are_refused_by_name(shelf: Shelf, item: dict[str, Any], field: str) -> None:
    whole = {"filter": "filter:tasks:data.text", "type": "String", "operator": "equal", "value": "a", **item}
    filters = {"conjunction": "and", "items": [whole]}
    assert field in fault(shelf.answer(filters=filters))
    before = shelf.client.get("/api/dm/views").json()
    stored = shelf.client.post("/api/dm/views", json={"project": shelf.project, "data": {"filters": filters}})
    assert field in fault(stored)
    assert shelf.client.get("/api/dm/views").json() == before


@pytest.mark.parametrize(
    "query",
    [
        '{"filters": 5}', '{"filters": {"conjunction": "xor", "items": []}}', '{"filters": {"items": "x"}}',
        '{"filters": {"items": [1]}}', "{", "[]", '{"ordering": "id"}', '{"ordering": ["tasks:nothing"]}',
        '{"ordering": ["id","id","id","id","id","id","id"]}', '{"selectedItems": {"included": [1]}}',
        '{"selectedItems": 5}', '{"filters": {"items": ' + "[" * 500 + "]" * 500 + "}}", '{"search": 5}',
        '{"search": "a\\u0000b"}',
        '{"filters": {"items": [{"filter": "filter:tasks:data.a", "type": "String", "operator": "equal", "value": "\\u0000"}]}}',
    ],
)  # fmt: skip
def test_wrong_queries_are_refused(shelf: Shelf, query: str) -> None:
    answer = shelf.client.get("/api/tasks", params={"project": shelf.project, "query": query})
    assert answer.status_code == 400, answer.text


def test_unfinished_filters_have_no_effect(shelf: Shelf) -> None:
    everything = [task["id"] for task in shelf.tasks]
    nothing: tuple[Any, ...] = (None, {}, "")
    for value in nothing:
        assert shelf.ids(filters=one_filter("data.text", "contains", value)) == everything
        assert shelf.ids(filters=one_filter("id", "equal", value, "Number")) == everything
    assert shelf.ids(filters={"conjunction": "and", "items": []}) == everything
    assert shelf.ids(filters=None) == everything
    assert shelf.ids(filters=one_filter("data.n", "in", {"min": "", "max": None}, "Number")) == everything


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(.*)*b"])
def test_a_pattern_that_does_not_end_is_refused_and_nobody_waits(client: TestClient, pattern: str) -> None:
    project = client.post("/api/projects", json={}).json()["id"]
    client.post(f"/api/projects/{project}/import", json=[{"text": "a" * 5000 + "!"}])
    begun = time.monotonic()
    query = json.dumps({"filters": one_filter("data.text", "regex", pattern)})
    answer = client.get("/api/tasks", params={"project": project, "query": query})
    if answer.status_code == 200:  # some that look as bad come to an end after all
        assert answer.json()["total"] in (0, 1)
    else:
        assert answer.status_code == 400 and "takes too long" in answer.text
    assert time.monotonic() - begun < 10  # a second of matching, and a busy machine
    assert client.get("/api/health").status_code == 200


# --- selection, search, undefined ---------------------------------------------------------------------------------


def test_selected_items_limit_a_list(shelf: Shelf) -> None:
    ids = [task["id"] for task in shelf.tasks]
    assert shelf.ids(selectedItems={"all": False, "included": []}) == []
    assert shelf.ids(selectedItems={"all": False, "included": [ids[3], ids[1], 10**9]}) == [ids[1], ids[3]]
    assert shelf.ids(selectedItems={"all": True, "excluded": ids[2:]}) == ids[:2]
    filters = one_filter("id", "greater", ids[1], "Number")
    assert shelf.ids(filters=filters, selectedItems={"all": False, "included": ids[:3]}) == [ids[2]]
    many = {"all": True, "excluded": list(range(-5, 200_000))}
    body = {"selectedItems": many, "filters": one_filter("id", "less", 10**6, "Number")}
    project = shelf.project
    answer = shelf.client.post(f"/api/dm/actions?project={project}&id=delete_tasks", json=body)
    assert answer.json()["processed_items"] == 0, answer.text


def test_search_looks_into_all_data(shelf: Shelf) -> None:
    def expected(part: str) -> list[int]:
        return [
            task["id"]
            for task in shelf.tasks
            if any(part.casefold() in each.casefold() for each in oracle.scalars(task["data"]))
        ]

    for part in (
        "alpha",
        "ГАМ",
        "e",
        "deep",
        "12",
        'quo"te',
        "back\\slash",
        "no such text",
        "a,b",
        "tr",
        "%",
    ):
        found = shelf.client.get(
            "/api/tasks", params={"project": shelf.project, "search": part, "page_size": 1000}
        )
        assert [task["id"] for task in found.json()["tasks"]] == expected(part), part
        assert shelf.ids(search=part) == expected(part)


def test_lines_without_a_field_name_are_found_by_the_config_s_first_key(client: TestClient) -> None:
    project = client.post("/api/projects", json={}).json()["id"]
    files = {"file": ("lines.txt", b"first line\nsecond line\n", "text/plain")}
    client.post(f"/api/projects/{project}/import", files=files)
    client.patch(f"/api/projects/{project}", json={"label_config": CONFIG})
    query = json.dumps({"filters": one_filter("data.text", "contains", "second")})
    found = client.get("/api/tasks", params={"project": project, "query": query}).json()
    assert [task["data"] for task in found["tasks"]] == [{"text": "second line"}]


def test_lists_follow_what_happens_to_tasks(client: TestClient) -> None:
    """Nothing that was remembered of a list outlives what made it true."""
    project = client.post("/api/projects", json={}).json()["id"]

    def ids(filters: Any = None, **more: Any) -> list[int]:
        query = json.dumps({"filters": filters or one_filter("data.a", "equal", "x"), **more})
        found = client.get("/api/tasks", params={"project": project, "query": query})
        return [task["id"] for task in found.json()["tasks"]]

    unlabeled = one_filter("total_annotations", "equal", 0, "Number")
    assert ids() == []
    url = f"/api/projects/{project}/import?return_task_ids=1"
    one, two = client.post(url, json=[{"a": "x"}, {"a": "y"}]).json()["task_ids"]
    assert ids() == [one]
    client.patch(f"/api/tasks/{two}", json={"data": {"a": "x"}})
    assert ids() == [one, two] and ids(unlabeled) == [one, two]
    assert ids(ordering=["-tasks:data.a"]) == [two, one]
    client.post(f"/api/tasks/{one}/annotations", json={"result": []})
    assert ids(unlabeled) == [two]
    client.delete(f"/api/tasks/{one}")
    assert ids() == [two] and ids(unlabeled) == [two]


def test_times_that_move_with_the_clock(client: TestClient) -> None:
    project = client.post("/api/projects", json={}).json()["id"]
    client.post(f"/api/projects/{project}/import", json=[{"n": 1}, {"n": 2}])

    def total(operator: str, value: Any) -> int:
        query = json.dumps({"filters": one_filter("created_at", operator, value, "Datetime")})
        answer = client.get("/api/tasks", params={"project": project, "query": query})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["total"])

    assert total("greater", "now-7d") == 2 and total("less", "now-1h") == 0
    assert total("in", {"min": "now-30m", "max": None}) == 2
    assert total("in", {"min": "now-2w", "max": "now-1d"}) == 0
    for wrong in ("now-d", "now+1d", "now-1y", "now-999999d"):
        query = json.dumps({"filters": one_filter("created_at", "less", wrong, "Datetime")})
        assert client.get("/api/tasks", params={"project": project, "query": query}).status_code == 400


def test_pages_far_inside_are_those_of_the_whole_list(
    client: TestClient, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "INDEX_FROM", 3)
    monkeypatch.setattr(boundaries, "STRIDE", 4)
    chance = random.Random(7)
    project = client.post("/api/projects", json={}).json()["id"]
    rows = [
        {"kind": chance.choice("abc"), **({"n": chance.randrange(12)} if chance.random() < 0.8 else {})}
        for _ in range(60)
    ]
    made = client.post(f"/api/projects/{project}/import?return_task_ids=1", json=rows).json()["task_ids"]
    wanted: list[tuple[Kind, str]] = [("number", '[["n"]]'), ("text", '[["kind"]]')]
    for kind, path in wanted:
        while server.context.db.write_sync(indexes.catch_up, project, kind, path):
            pass

    def check(there: dict[int, dict[str, Any]]) -> None:
        number = {"columnsDisplayType": {"tasks:data.n": "Number"}}
        up = sorted(there, key=lambda each: ("n" not in there[each], there[each].get("n"), each))
        down = sorted(there, key=lambda each: ("n" in there[each], there[each].get("n"), each), reverse=True)
        of_kind = [each for each in there if there[each]["kind"] == "b"]
        for whole, query in (
            (list(there), {}),
            (list(there)[::-1], {"ordering": ["-tasks:id"]}),
            (up, {"ordering": ["tasks:data.n"], **number}),
            (down, {"ordering": ["-tasks:data.n"], **number}),
            (of_kind, {"filters": one_filter("data.kind", "equal", "b", "String")}),
        ):
            pages = -(-len(whole) // 7)
            for page in chance.choices(range(1, pages + 1), k=pages):
                parameters = {"project": project, "query": json.dumps(query), "page": page, "page_size": 7}
                shown = client.get("/api/tasks", params=parameters).json()
                assert [each["id"] for each in shown["tasks"]] == whole[7 * (page - 1) : 7 * page], query
                assert shown["total"] == len(whole) and "indexing" not in shown

    there = dict(zip(made, rows, strict=True))
    check(there)
    for gone in chance.sample(made, 15):
        assert client.delete(f"/api/tasks/{gone}").status_code == 204
        del there[gone]
    check(there)


def test_a_large_project_gets_its_indexes(
    client: TestClient, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "INDEX_FROM", 3)
    project = client.post("/api/projects", json={}).json()["id"]
    client.post(f"/api/projects/{project}/import", json=[{"n": n, "t": f"text {n}"} for n in range(20)])

    def known() -> dict[tuple[str, str], int]:
        found = server.context.db.read_sync(indexes.known, project, 10**6)
        return {name: index.upto_inner_id for name, index in found.items()}

    def total(**query: Any) -> int:
        parameters = {"project": project, "query": json.dumps(query)}
        return int(client.get("/api/tasks", params=parameters).json()["total"])

    wanted = {("number", '[["n"]]'), ("text", '[["t"]]'), ("search", "")}
    number = one_filter("data.n", "less", 7, "Number")
    first = {"project": project, "query": json.dumps({"filters": number})}
    assert client.get("/api/tasks", params=first).json()["indexing"] is True
    assert total(filters=number) == 7 and total(ordering=["tasks:data.t"]) == 20
    assert total(filters=one_filter("data.t", "contains", "text 1")) == 11
    deadline = time.monotonic() + 20
    while (known().keys() != wanted or set(known().values()) != {20}) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert known() == dict.fromkeys(wanted, 20)
    assert "indexing" not in client.get("/api/tasks", params=first).json()
    client.post(f"/api/projects/{project}/import", json=[{"n": -1, "t": "text 1"}])
    assert total(filters=number) == 8 and total(filters=one_filter("data.t", "contains", "text 1")) == 12
    assert known()["number", '[["n"]]'] == known()["search", ""] == 21
    assert client.delete(f"/api/projects/{project}").status_code == 204
    assert known() == {}
