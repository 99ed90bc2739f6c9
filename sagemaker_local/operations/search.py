"""Search and its suggestions, over the resources that are stored here."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.model import StructureShape

from sagemaker_local.domain.jobs import TRAINING
from sagemaker_local.domain.search import properties
from sagemaker_local.domain.search.errors import InvalidSearch
from sagemaker_local.domain.search.expression import Predicate, compiled, pair, visible
from sagemaker_local.domain.search.order import Position, ordered, position, sortable
from sagemaker_local.domain.search.properties import METRICS, TAGS
from sagemaker_local.errors import validation_error
from sagemaker_local.operations import tokens
from sagemaker_local.operations.corpus import Corpus
from sagemaker_local.operations.dashboard import Dashboard
from sagemaker_local.operations.registry import OPERATIONS, Context, Request, operation
from sagemaker_local.operations.resources import ENDPOINT, MODEL, MODEL_CARD, MODEL_PACKAGE, MODEL_PACKAGE_GROUP

_DEFAULT_PAGE = 100
_MODEL = "Model"
# By the name that Search has for them: under what they are stored.
_KINDS = {
    "TrainingJob": TRAINING.resource_type,
    "HyperParameterTuningJob": "hyper-parameter-tuning-job",
    "ModelPackage": MODEL_PACKAGE,
    "ModelPackageGroup": MODEL_PACKAGE_GROUP,
    "ModelCard": MODEL_CARD,
    _MODEL: MODEL,
    "Endpoint": ENDPOINT,
}


@operation("Search")
def search(context: Context, request: Request) -> Request:
    """The resources that match, as whole records."""
    corpus = _corpus(context, request["Resource"])
    try:
        positions, descending = _matching(corpus, request)
    except InvalidSearch as error:
        raise validation_error(str(error)) from error
    mark = tokens.mark({**request, "NextToken": None, "MaxResults": None}, context.scope)
    after = Position(*tokens.decoded(request["NextToken"], mark)) if request.get("NextToken") else None
    size = request.get("MaxResults", _DEFAULT_PAGE)
    found = ordered(positions, descending, after)
    return {
        "Results": [{corpus.resource: record} for record in corpus.whole([one.row for one in found[:size]])],
        "NextToken": tokens.encoded(mark, *found[size - 1]) if len(found) > size else None,
        "TotalHits": {"Value": len(positions), "Relation": "EqualTo"},
    }


def _corpus(context: Context, resource: str) -> Corpus:
    """Raises ``ValidationException`` for a kind of resource of which there is none here."""
    there = [name for name in _KINDS if f"Describe{name}" in OPERATIONS]
    if resource not in there:
        listed = ", ".join(there)
        raise validation_error(f"The local SageMaker does not search resource {resource}. It searches: {listed}.")
    return (Dashboard if resource == _MODEL else Corpus)(context, resource, _KINDS[resource])


def _matching(corpus: Corpus, request: Request) -> tuple[list[Position], bool]:
    predicate = _predicate(corpus.shape, request)
    by = sortable(properties.find(corpus.shape, request.get("SortBy", corpus.default_order)))
    conditions = [pair(item) for item in request.get("VisibilityConditions", [])]
    members = {*predicate.members, by.member, *([TAGS] if conditions else [])}
    # Nothing is shared by another account.
    shared = request.get("CrossAccountFilterOption") == "CrossAccount"
    records = iter(()) if shared else corpus.records(members, predicate.necessary)
    positions = [
        position(by, row, record)
        for row, record in records
        if predicate.holds(record) and visible(record[TAGS], conditions)
    ]
    return positions, request.get("SortOrder", "Descending") == "Descending"


def _predicate(shape: StructureShape, request: Request) -> Predicate:
    if "SearchExpression" not in request:
        return Predicate(lambda record: True, frozenset())
    return compiled(shape, request["SearchExpression"])


@operation("GetSearchSuggestions")
def get_search_suggestions(context: Context, request: Request) -> Request:
    """The names of hyperparameters, metrics and tags that resources have, as properties to search by."""
    corpus = _corpus(context, request["Resource"])
    hint = request.get("SuggestionQuery", {}).get("PropertyNameQuery", {}).get("PropertyNameHint", "")
    names = sorted({name for name in _names(corpus) if name.startswith(hint)})
    return {"PropertyNameSuggestions": [{"PropertyName": name} for name in names]}


def _names(corpus: Corpus) -> Iterator[str]:
    members = {properties.HYPERPARAMETERS, properties.METRIC_MEMBER} & corpus.shape.members.keys()
    for _, record in corpus.records({*members, TAGS}):
        yield from (f"{TAGS}.{key}" for key in record[TAGS])
        yield from (f"{properties.HYPERPARAMETERS}.{key}" for key in record.get(properties.HYPERPARAMETERS) or {})
        metrics = record.get(properties.METRIC_MEMBER) or []
        yield from (f"{METRICS}.{metric['MetricName']}" for metric in metrics)
