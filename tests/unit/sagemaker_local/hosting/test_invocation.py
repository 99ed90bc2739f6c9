"""One invocation: who gets it, what the container is told, and what the client and the observers are."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from sagemaker_local.domain.arns import Scope
from sagemaker_local.domain.routing import Weighted
from sagemaker_local.errors import ServiceError
from sagemaker_local.execution.serving.client import Headers, Response
from sagemaker_local.execution.serving.errors import NoAnswer, TimedOut, Unreachable
from sagemaker_local.hosting.endpoint import Endpoint
from sagemaker_local.hosting.invocation import Answer, Invoker, Outcome

SCOPE = Scope("000000000000", "eu-west-1")
Reply = Callable[[], Response]
API = pytest.mark.documented("API_runtime_InvokeEndpoint")


def ok(body: bytes = b"0.5", status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return lambda: Response(status, named, body)


class Instance:
    """An instance whose container answers as it is told."""

    def __init__(self, reply: Reply, hold: asyncio.Event | None = None) -> None:
        self._reply, self._hold = reply, hold
        self.client = self
        self.outstanding = self.most = 0
        self.healthy = True
        self.sent: list[tuple[dict[bytes, bytes], bytes]] = []

    async def request(self, method: bytes, path: bytes, headers: Headers, body: bytes, seconds: float) -> Response:
        assert (method, path) == (b"POST", b"/invocations")
        self.most = max(self.most, self.outstanding)
        self.sent.append((dict(headers), body))
        if self._hold is not None:
            await self._hold.wait()
        return self._reply()

    def release(self) -> None:
        self.outstanding -= 1

    def suspect(self) -> None:
        self.healthy = False


class Variant:
    """A variant of such instances."""

    def __init__(self, name: str, *instances: Instance, weight: float = 1.0, most: int | None = None) -> None:
        self.name, self.instances, self.weight, self.max_concurrency = name, instances, weight, most
        self.outstanding = 0

    def pick(self) -> Instance | None:
        return next((instance for instance in self.instances if instance.healthy), None)


class Fleet:
    """A fleet of such variants."""

    def __init__(self, *variants: Variant, shadow: Variant | None = None) -> None:
        self.by_name = {variant.name: variant for variant in variants}
        self.shadows = [shadow] if shadow else []
        self.asynchronous = False
        self._turn = Weighted([(variant, variant.weight) for variant in variants])
        self._point = 0.0

    def pick(self) -> Variant | None:
        self._point = (self._point + 0.25) % 1.0
        return self._turn.pick(self._point)

    def pick_shadow(self) -> Variant | None:
        return self.shadows[0] if self.shadows else None


def invoker(fleet: Fleet) -> Invoker:
    endpoint = Endpoint(SCOPE, "e", fleet)  # type: ignore[arg-type]
    return Invoker(lambda scope, name: endpoint if (scope, name) == (SCOPE, "e") else None, lambda: 1.5)


def invoke(fleet: Fleet, members: dict[str, Any] | None = None, body: bytes = b"1,2", name: str = "e") -> Answer:
    return asyncio.run(invoker(fleet).invoke(SCOPE, name, members or {}, body))


def refused(fleet: Fleet, members: dict[str, Any] | None = None, body: bytes = b"", name: str = "e") -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        invoke(fleet, members, body, name)
    return caught.value


@API
def test_the_body_passes_both_ways_untouched_with_the_headers_that_belong_to_it() -> None:
    instance = Instance(ok(b"\x00out", content_type="text/csv", x_amzn_sagemaker_custom_attributes="there"))
    members = {"ContentType": "text/csv", "Accept": "text/csv", "CustomAttributes": "here", "InferenceId": "i-1"}
    answer = invoke(Fleet(Variant("v", instance)), members, b"\x00in")
    assert answer.body == b"\x00out"
    assert dict(answer.headers) == {
        b"x-Amzn-Invoked-Production-Variant": b"v",
        b"Content-Type": b"text/csv",
        b"X-Amzn-SageMaker-Custom-Attributes": b"there",
    }
    told = {
        b"Content-Type": b"text/csv",
        b"Accept": b"text/csv",
        b"X-Amzn-SageMaker-Custom-Attributes": b"here",
        b"X-Amzn-SageMaker-Inference-Id": b"i-1",
    }
    assert instance.sent == [(told, b"\x00in")]


@pytest.mark.local_only
def test_a_body_of_no_stated_type_is_bytes() -> None:
    instance = Instance(ok())
    invoke(Fleet(Variant("v", instance)))
    assert instance.sent[0][0] == {b"Content-Type": b"application/octet-stream"}


@API
def test_an_endpoint_that_is_not_there_is_not_found_with_its_case() -> None:
    error = refused(Fleet(Variant("v", Instance(ok()))), name="E")
    assert (error.code, error.status) == ("ValidationError", 400)
    assert error.message == "Endpoint E of account 000000000000 not found."


@pytest.mark.documented("model-ab-testing: TargetVariant overrides the weights")
def test_a_target_variant_gets_it_whatever_its_weight() -> None:
    fleet = Fleet(Variant("a", Instance(ok())), Variant("b", Instance(ok()), weight=0.0))
    answer = invoke(fleet, {"TargetVariant": "b"})
    assert dict(answer.headers)[b"x-Amzn-Invoked-Production-Variant"] == b"b"
    assert refused(fleet, {"TargetVariant": "c"}).code == "ValidationError"


@pytest.mark.documented("model-ab-testing: traffic by variant weight")
def test_variants_get_their_shares() -> None:
    fleet = Fleet(Variant("a", Instance(ok()), weight=1), Variant("b", Instance(ok()), weight=3))

    async def all_of_them() -> Counter[bytes]:
        asked = invoker(fleet)
        answers = [await asked.invoke(SCOPE, "e", {}, b"") for _ in range(8)]
        return Counter(dict(answer.headers)[b"x-Amzn-Invoked-Production-Variant"] for answer in answers)

    assert asyncio.run(all_of_them()) == {b"a": 2, b"b": 6}


CONSOLE = (
    "See https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logEventViewer:"
    "group=/aws/sagemaker/Endpoints/e in account 000000000000 for more information."
)


@pytest.mark.documented("API_runtime_InvokeEndpoint: ModelError; texts as observed in public")
@pytest.mark.parametrize(("status", "whose"), [(400, "client"), (404, "client"), (500, "server"), (503, "server")])
def test_an_error_of_the_model_is_told_as_its_own(status: int, whose: str) -> None:
    error = refused(Fleet(Variant("v", Instance(ok(b'{"oh": "no"}', status)))))
    assert (error.code, error.status) == ("ModelError", 424)
    assert error.message == f'Received {whose} error ({status}) from primary with message "{{"oh": "no"}}". {CONSOLE}'
    assert error.members == {
        "ErrorCode": f"{whose.upper()}_ERROR_FROM_MODEL",
        "LogStreamArn": "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/sagemaker/Endpoints/e",
        "OriginalMessage": '{"oh": "no"}',
        "OriginalStatusCode": status,
    }


def failing(error: Exception) -> Reply:
    def reply() -> Response:
        raise error

    return reply


@pytest.mark.documented("API_runtime_InvokeEndpoint: ModelError; texts as observed in public")
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TimedOut("late"), "Your invocation timed out while waiting for a response from container primary."),
        (NoAnswer("closed"), "Amazon SageMaker could not get a response from the e endpoint."),
    ],
)
def test_no_answer_of_the_model_is_an_error_of_status_0(error: Exception, told: str) -> None:
    answer = refused(Fleet(Variant("v", Instance(failing(error)))))
    assert (answer.code, answer.members["OriginalStatusCode"]) == ("ModelError", 0)
    assert told in answer.message


@pytest.mark.local_only
def test_what_one_instance_has_not_seen_another_gets() -> None:
    dead, alive = Instance(failing(Unreachable("refused"))), Instance(ok(b"alive"))
    assert invoke(Fleet(Variant("v", dead, alive))).body == b"alive"
    assert not dead.healthy
    assert (dead.outstanding, alive.outstanding) == (0, 0)


@API
def test_without_an_instance_in_service_the_endpoint_is_unavailable() -> None:
    error = refused(Fleet(Variant("v", Instance(failing(Unreachable("refused"))))))
    assert (error.code, error.status) == ("ServiceUnavailable", 503)


@pytest.mark.documented("serverless-endpoints: concurrent invocations beyond MaxConcurrency are throttled")
def test_a_serverless_variant_throttles_beyond_its_concurrency() -> None:
    async def main() -> tuple[list[str], int]:
        hold = asyncio.Event()
        instance = Instance(ok(), hold)
        asked = invoker(Fleet(Variant("v", instance, most=2)))
        calls = [asyncio.create_task(asked.invoke(SCOPE, "e", {}, b"")) for _ in range(5)]
        await asyncio.sleep(0)
        hold.set()
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert (await asked.invoke(SCOPE, "e", {}, b"")).body == b"0.5"
        return [answer.code if isinstance(answer, ServiceError) else "ok" for answer in ended], instance.most

    assert asyncio.run(main()) == (["ok", "ok", *["ThrottlingException"] * 3], 2)


@pytest.mark.documented("serverless-endpoints: 4 MB request payload")
def test_a_serverless_variant_takes_smaller_requests() -> None:
    fleet = Fleet(Variant("v", Instance(ok()), most=1))
    assert refused(fleet, body=bytes((4 << 20) + 1)).code == "ValidationError"
    assert invoke(fleet, body=bytes(4 << 20)).body == b"0.5"


def outcomes(fleet: Fleet) -> list[tuple[str, int | None, str | None]]:
    """What observers are told of one invocation: variant, status and error."""

    async def main() -> list[Outcome]:
        asked, seen = invoker(fleet), []
        asked.observers = (lambda endpoint, outcome: seen.append(outcome),)
        with suppress(ServiceError):
            await asked.invoke(SCOPE, "e", {"InferenceId": "i"}, b"in")
        await asyncio.sleep(0.01)
        return seen

    seen = asyncio.run(main())
    assert all(outcome.call.body == b"in" and outcome.started == 1.5 for outcome in seen)
    assert all(0 <= outcome.model_seconds <= outcome.total_seconds for outcome in seen)
    return [
        (outcome.variant.name, outcome.response and outcome.response.status, outcome.error and outcome.error.code)
        for outcome in seen
    ]


@pytest.mark.local_only
def test_observers_see_every_end_of_an_invocation() -> None:
    assert outcomes(Fleet(Variant("v", Instance(ok())))) == [("v", 200, None)]
    assert outcomes(Fleet(Variant("v", Instance(ok(status=500))))) == [("v", 500, "ModelError")]
    assert outcomes(Fleet(Variant("v", Instance(failing(NoAnswer("x")))))) == [("v", None, "ModelError")]
    assert outcomes(Fleet(Variant("v"))) == [("v", None, "ServiceUnavailable")]


@pytest.mark.documented("model-shadow-deployment: a copy of the request, the response is discarded")
@pytest.mark.parametrize("reply", [ok(b"shadow"), ok(b"", 500), failing(NoAnswer("closed"))])
def test_a_shadow_gets_a_copy_and_its_answer_nobody(reply: Reply) -> None:
    shadow = Instance(reply)

    async def main() -> Answer:
        answer = await invoker(Fleet(Variant("v", Instance(ok())), shadow=Variant("s", shadow))).invoke(
            SCOPE, "e", {"InferenceId": "i"}, b"in"
        )
        await asyncio.sleep(0.01)
        return answer

    answer = asyncio.run(main())
    assert answer.body == b"0.5"
    assert [body for _, body in shadow.sent] == [b"in"]


@pytest.mark.documented("model-shadow-deployment: shadow metrics are kept under the shadow variant's name")
def test_observers_see_the_shadows_answers_too() -> None:
    fleet = Fleet(Variant("v", Instance(ok())), shadow=Variant("s", Instance(ok(status=500))))
    assert sorted(outcomes(fleet), key=str) == [("s", 500, "ModelError"), ("v", 200, None)]


@pytest.mark.local_only
def test_a_shadow_that_hangs_holds_nobody_up_and_is_not_buried_in_requests() -> None:
    async def main() -> int:
        never = asyncio.Event()
        shadow = Instance(ok(), never)
        asked = invoker(Fleet(Variant("v", Instance(ok())), shadow=Variant("s", shadow)))
        for _ in range(200):
            await asked.invoke(SCOPE, "e", {}, b"")
            await asyncio.sleep(0)
        never.set()
        await asyncio.sleep(0.01)
        return len(shadow.sent)

    assert 0 < asyncio.run(main()) < 200
