"""Every List operation against a naive one: the same filters, order and pages, whatever is stored and asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagemaker_local.domain.arns import Scope
from sagemaker_local.errors import ServiceError
from sagemaker_local.operations import all_operations
from sagemaker_local.operations.registry import Context
from sagemaker_local.protocol import model
from sagemaker_local.protocol.serialization import filtered
from sagemaker_local.store import Facets, Store

Request = dict[str, Any]
SCOPE = Scope("000000000000", "us-east-1")
NAMES = ["a", "b", "B1", "ab", "ba", "a-b", "z9", "z10", "Abc", "1"]
TIMES = st.integers(0, 4).map(float)
NOTHING_HAS = {"WarmPoolStatusEquals", "TrainingPlanArnEquals"}


@dataclass(frozen=True)
class Row:
    """What a list filters and sorts by."""

    number: int
    """in the order of creation, which decides between equals"""
    name: str
    created: float
    modified: float
    status: str
    group: str = ""


@dataclass(frozen=True)
class List:
    """What distinguishes one List operation from another."""

    summaries: str
    """the answer's member"""
    identity: str
    """a summary's member that says which row it is of"""
    insert: Callable[[Store, Row], None]
    statuses: tuple[str, ...]
    status: str = "StatusEquals"
    groups: tuple[str, ...] = ("",)
    """what rows may be versions of"""
    holds: Callable[[Row, Request], bool] = lambda row, request: True
    """filters that no other list has"""
    sort_name: Callable[[Row], Any] = lambda row: row.name
    sort_others: dict[str, Callable[[Row], Any]] = field(default_factory=dict)
    """what only this list sorts by; a row that has none of it is then left out"""
    defaults: Callable[[Request], Request] = lambda request: {}
    """where they are not ``CreationTime``, ``Ascending`` and pages of 100"""
    from_that_time: bool = False
    """whether CreationTimeAfter includes its moment"""
    required: Request = field(default_factory=dict)
    """members that every request has"""
    prepare: Callable[[Store], None] = field(default=lambda store: None)

    def row(self, number: int) -> Row:
        """One of several rows of which no two are equal."""
        group = self.groups[0]
        return Row(number, f"{group}/{number + 1}" if group else f"n{number}", 1.0, 1.0, self.statuses[0], group)


def insert(kind: str, identity: str, store: Store, row: Row) -> None:
    facets = Facets(row.name, row.status, row.created, row.modified, parent=row.group)
    store.insert(kind, SCOPE, {identity: str(row.number)}, facets)


def insert_job(kind: str, prefix: str, store: Store, row: Row) -> None:
    record = {f"{prefix}Arn": str(row.number), f"{prefix}Status": row.status}
    store.insert(kind, SCOPE, record, Facets(row.name, row.status, row.created, row.modified))


def insert_tuning_job(store: Store, row: Row) -> None:
    record = {"HyperParameterTuningJobArn": str(row.number), "HyperParameterTuningJobConfig": {}}
    store.insert("hyper-parameter-tuning-job", SCOPE, record, Facets(row.name, row.status, row.created, row.modified))


def tuning_job(store: Store) -> None:
    insert_tuning_job(store, Row(0, "tuning", 1.0, 1.0, "Completed"))
    of_another = Facets("of-another", "Completed", 1.0, 1.0, parent="another")
    store.insert("training-job", SCOPE, {"TrainingJobArn": "of another"}, of_another)


def objective(row: Row) -> float | None:
    """Some have the same, and some none."""
    ended_well = row.status in ("Completed", "Stopped")
    return float(row.number % 3) if ended_well and row.number % 4 else None


def insert_tried(store: Store, row: Row) -> None:
    metrics = [] if row.number % 4 == 0 else [{"MetricName": "loss", "Value": float(row.number % 3)}]
    record = {
        "TrainingJobArn": str(row.number),
        "TrainingJobName": row.name,
        "TrainingJobStatus": row.status,
        "FinalMetricDataList": [{"MetricName": "other", "Value": -1.0}, *metrics],
        "Trial": {
            "Number": row.number,
            "Definition": 0,
            "Values": {},
            "TuningJobName": "tuning",
            "Objective": {"Type": "Minimize", "MetricName": "loss"},
        },
    }
    store.insert("training-job", SCOPE, record, Facets(row.name, row.status, row.created, row.modified, "tuning"))


def by_name_ten_a_page(_: Request) -> Request:
    return {"SortBy": "Name", "MaxResults": 10}


def groups(store: Store) -> None:
    for name in ("one", "two"):
        store.insert("model-package-group", SCOPE, {"ModelPackageGroupName": name}, Facets(name, "", 1.0, 1.0))


def card(store: Store) -> None:
    record = {"ModelCardName": "card", "ModelCardArn": SCOPE.arn("model-card", "card")}
    store.insert("model-card", SCOPE, record, Facets("card", "", 1.0, 1.0))


def insert_card_version(store: Store, row: Row) -> None:
    facets = Facets(row.name, row.status, row.created, row.modified, parent=row.group)
    store.insert("model-card-version", SCOPE, {"ModelCardVersion": row.number}, facets)


def is_of_package_type(row: Row, request: Request) -> bool:
    wanted = request.get("ModelPackageType", "Versioned" if "ModelPackageGroupName" in request else "Unversioned")
    of_type = wanted == "Both" or (wanted == "Versioned") == bool(row.group)
    return of_type and request.get("ModelPackageGroupName") in (None, row.group)


def by_version(row: Row) -> Any:
    group, _, version = row.name.partition("/")
    return group, int(version or 0)


def newest_first_if_cut_before_filtered(request: Request) -> Request:
    cut = "StatusEquals" in request and "MaxResults" in request
    return {"SortOrder": "Descending"} if cut and not {"SortBy", "SortOrder"} & request.keys() else {}


def newest_first(_: Request) -> Request:
    return {"SortOrder": "Descending"}


JOB_STATUSES = ("InProgress", "Completed", "Failed")
LISTS = {
    "ListTrainingJobs": List(
        "TrainingJobSummaries",
        "TrainingJobArn",
        partial(insert_job, "training-job", "TrainingJob"),
        JOB_STATUSES,
        defaults=newest_first_if_cut_before_filtered,
    ),
    "ListProcessingJobs": List(
        "ProcessingJobSummaries",
        "ProcessingJobArn",
        partial(insert_job, "processing-job", "ProcessingJob"),
        JOB_STATUSES,
    ),
    "ListTransformJobs": List(
        "TransformJobSummaries",
        "TransformJobArn",
        partial(insert_job, "transform-job", "TransformJob"),
        JOB_STATUSES,
        defaults=lambda request: {"SortOrder": "Descending", "MaxResults": 10},
    ),
    "ListHyperParameterTuningJobs": List(
        "HyperParameterTuningJobSummaries",
        "HyperParameterTuningJobArn",
        insert_tuning_job,
        JOB_STATUSES,
        defaults=by_name_ten_a_page,
    ),
    "ListTrainingJobsForHyperParameterTuningJob": List(
        "TrainingJobSummaries",
        "TrainingJobArn",
        insert_tried,
        (*JOB_STATUSES, "Stopped"),
        sort_others={"FinalObjectiveMetricValue": objective},
        required={"HyperParameterTuningJobName": "Tuning"},
        defaults=by_name_ten_a_page,
        prepare=tuning_job,
    ),
    "ListModelPackageGroups": List(
        "ModelPackageGroupSummaryList",
        "ModelPackageGroupArn",
        partial(insert, "model-package-group", "ModelPackageGroupArn"),
        ("Completed",),
    ),
    "ListModelCards": List(
        "ModelCardSummaries",
        "ModelCardArn",
        partial(insert, "model-card", "ModelCardArn"),
        ("Draft", "Approved"),
        status="ModelCardStatus",
    ),
    "ListModelCardVersions": List(
        "ModelCardVersionSummaryList",
        "ModelCardVersion",
        insert_card_version,
        ("Draft", "Approved"),
        status="ModelCardStatus",
        groups=("card", "other"),
        holds=lambda row, request: row.group == "card",
        sort_name=by_version,
        defaults=lambda request: {"SortBy": "Version"},
        required={"ModelCardName": "card"},
        prepare=card,
    ),
    "ListModelPackages": List(
        "ModelPackageSummaryList",
        "ModelPackageArn",
        partial(insert, "model-package", "ModelPackageArn"),
        ("Approved", "Rejected", "PendingManualApproval"),
        status="ModelApprovalStatus",
        groups=("", "one", "two"),
        holds=is_of_package_type,
        sort_name=by_version,
        prepare=groups,
    ),
    "ListModels": List(
        "Models",
        "ModelArn",
        partial(insert, "model", "ModelArn"),
        ("",),
        defaults=newest_first,
        from_that_time=True,
    ),
    "ListEndpointConfigs": List(
        "EndpointConfigs",
        "EndpointConfigArn",
        partial(insert, "endpoint-config", "EndpointConfigArn"),
        ("",),
        defaults=newest_first,
        from_that_time=True,
    ),
    "ListEndpoints": List(
        "Endpoints",
        "EndpointArn",
        partial(insert, "endpoint", "EndpointArn"),
        ("InService", "Creating", "Failed"),
        defaults=lambda request: {"SortOrder": "Descending", "MaxResults": 10},
        from_that_time=True,
    ),
}
# Lists of something else than resources: here, the tags of one.
OTHER_LISTS = {"ListTags"}


def expected(listed: List, rows: list[Row], request: Request) -> list[str]:
    """The rows that the whole list has, in order."""
    asked = {"SortBy": "CreationTime", "SortOrder": "Ascending", **listed.defaults(request), **request}
    key = {
        "Name": listed.sort_name,
        "Version": listed.sort_name,
        "CreationTime": lambda row: row.created,
        "Status": lambda row: row.status,
        **listed.sort_others,
    }[asked["SortBy"]]
    found = [row for row in rows if listed.holds(row, request) and holds(listed, row, request) and key(row) is not None]
    descending = asked["SortOrder"] == "Descending"
    ordered = sorted(found, key=lambda row: (key(row), row.number), reverse=descending)
    return [str(row.number) for row in ordered]


def holds(listed: List, row: Row, request: Request) -> bool:
    return all((
        not NOTHING_HAS & request.keys(),
        request.get("CrossAccountFilterOption") != "CrossAccount",
        request.get("NameContains", "").lower() in (row.group or row.name).lower(),
        request.get(listed.status, row.status) == row.status,
        row.created > request.get("CreationTimeAfter", -1) or listed.from_that_time,
        row.created >= request.get("CreationTimeAfter", -1),
        row.created < request.get("CreationTimeBefore", 9),
        row.modified > request.get("LastModifiedTimeAfter", -1),
        row.modified < request.get("LastModifiedTimeBefore", 9),
    ))  # fmt: skip


@st.composite
def stored(draw: st.DrawFn, listed: List) -> list[Row]:
    """Rows in the order of their insertion, some of them equal in what they are sorted by."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=len(NAMES)))
    rows = []
    for number, name in enumerate(names):
        group = draw(st.sampled_from(listed.groups))
        version = f"{group}/{number * 3 + 1}" if group else name
        created, status = draw(TIMES), draw(st.sampled_from(listed.statuses))
        rows.append(Row(number, version, created, draw(TIMES), status, group))
    return rows


def asked(operation: str, listed: List) -> st.SearchStrategy[Request]:
    """Requests with any of the members that the operation has."""
    members = model.input_shape(operation).members
    values: dict[str, st.SearchStrategy[Any]] = {
        "NameContains": st.sampled_from(["a", "B", "1", "one", "-", "zz"]),
        listed.status: st.sampled_from(listed.statuses),
        "MaxResults": st.integers(1, 4),
        "ModelPackageGroupName": st.sampled_from(["one", "two"]),
        "TrainingPlanArnEquals": st.just("arn:aws:sagemaker:us-east-1:000000000000:training-plan/plan"),
    }
    strategies = {}
    for name, shape in members.items():
        if name.endswith(("After", "Before")):
            strategies[name] = TIMES
        elif name in values:
            strategies[name] = values[name]
        elif name != "NextToken" and name not in listed.required:
            strategies[name] = st.sampled_from(shape.enum)
    return st.fixed_dictionaries({name: st.just(value) for name, value in listed.required.items()}, optional=strategies)


def answer(store: Store, operation: str, request: Request) -> Request:
    context = Context(SCOPE, SimpleNamespace(store=store))  # type: ignore[arg-type]
    body = all_operations()[operation](context, request)
    return filtered(body, model.operation(operation).output_shape)  # type: ignore[no-any-return]


def all_pages(store: Store, operation: str, request: Request) -> list[list[str]]:
    listed, pages, token = LISTS[operation], [], {}
    while True:
        page = answer(store, operation, {**request, **token})
        pages.append([str(summary[listed.identity]) for summary in page[listed.summaries]])
        if "NextToken" not in page:
            return pages
        token = {"NextToken": page["NextToken"]}


def test_every_list_operation_is_compared() -> None:
    known = LISTS.keys() | OTHER_LISTS
    there = {name for name in all_operations() if name.startswith("List")}
    assert there == known, f"describe {sorted(there ^ known)} in LISTS, with what its rows and defaults are"


@pytest.mark.parametrize("operation", LISTS)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_list_is_that_of_a_naive_one(
    operation: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    listed = LISTS[operation]
    rows = data.draw(stored(listed))
    request = data.draw(asked(operation, listed))
    store = Store(tmp_path_factory.mktemp("list") / "db")
    listed.prepare(store)
    for row in rows:
        listed.insert(store, row)
    pages = all_pages(store, operation, request)
    store.close()
    assert [number for page in pages for number in page] == expected(listed, rows, request)
    assert all(len(page) <= request.get("MaxResults", 100) for page in pages)
    cut_before_filtered = operation == "ListTrainingJobs" and "StatusEquals" in request
    assert cut_before_filtered or all(len(page) == request["MaxResults"] for page in pages[:-1])


@pytest.mark.parametrize("operation", LISTS)
def test_a_page_has_as_many_as_are_documented_where_nothing_is_said(tmp_path: Path, operation: str) -> None:
    listed, store = LISTS[operation], Store(tmp_path / "db")
    listed.prepare(store)
    size = listed.defaults({}).get("MaxResults", 100)
    for number in range(size + 1):
        listed.insert(store, listed.row(number))
    assert [len(page) for page in all_pages(store, operation, listed.required)] == [size, 1]
    store.close()


CHANGES = [{"SortOrder": "Descending"}, {"CreationTimeAfter": 0.5}]


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        (operation, change)
        for operation in LISTS
        for change in CHANGES
        if change.keys() <= model.input_shape(operation).members.keys()
    ],
)
def test_a_token_is_good_for_its_own_request_only(tmp_path: Path, operation: str, change: Request) -> None:
    listed, store = LISTS[operation], Store(tmp_path / "db")
    listed.prepare(store)
    for number in range(3):
        listed.insert(store, listed.row(number))
    request = {**listed.required, "SortOrder": "Ascending"}
    token = answer(store, operation, {**request, "MaxResults": 1})["NextToken"]
    assert len(answer(store, operation, {**request, "NextToken": token})[listed.summaries]) == 2
    with pytest.raises(ServiceError, match="Invalid pagination token"):
        answer(store, operation, {**request, **change, "NextToken": token})
    store.close()
