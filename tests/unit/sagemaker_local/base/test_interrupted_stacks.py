"""The private names of ministack's CloudFormation by which interrupted stacks are seen to."""

from __future__ import annotations

from pathlib import Path

from tests.unit.sagemaker_local.base.test_cloudformation import PRELUDE
from tests.unit.sagemaker_local.base.test_ministack import in_a_process

# What a kill leaves: the stack's record as it was saved when a resource was being worked at.
INTERRUPTED = f"""{PRELUDE}
        from sagemaker_local.base.interface import Made
        handlers = importlib.import_module("ministack.services.cloudformation")
        responses = importlib.import_module("ministack.core.responses")
        saved = []
        def at(verb):
            plain = getattr(Thing, verb)
            def noted(self, *asked):
                with responses.request_scope(*SCOPE):
                    saved.append(json.loads(json.dumps(handlers._stacks["s"])))
                return plain(self, *asked)
            setattr(Thing, verb, noted)
        async def restarted(*found):
            with responses.request_scope(*SCOPE):
                own = handlers._stacks["s"] = saved[0]
            del calls[:]
            base.end_interrupted_stacks(lambda *_: [Made("A", "AWS::SageMaker::Thing", each) for each in found])
            while base._work:
                await asyncio.sleep(0.01)
            assert "_operation_under_way" not in own
            return [own["StackStatus"], own["_resources"]["A"]["PhysicalResourceId"], calls]
        async def interrupted(verb, found, **properties):
            await stack("CreateStack", Colour="red", Size=1)
            old = "arn:" + calls[0][3]
            at(verb)
            await stack("UpdateStack", **properties)
            new = ["arn:" + call[3] for call in calls if call[0] == "create"][-1]
            return [*await restarted(*([old, new] if found else [old])), old, new]
"""


def test_a_stack_that_was_being_made_goes_again_unless_failures_are_to_stay(tmp_path: Path) -> None:
    def after(**options: str) -> list[str]:
        status, calls = in_a_process(
            tmp_path,
            f"""{INTERRUPTED}
        async def run():
            at("create")
            await stack("CreateStack", OPTIONS={options}, Colour="red")
            made = "arn:" + calls[0][3]
            with responses.request_scope(*SCOPE):
                own = handlers._stacks["s"] = saved[0]
            del calls[:]
            base.end_interrupted_stacks(lambda *_: [Made("A", "AWS::SageMaker::Thing", made)])
            while base._work:
                await asyncio.sleep(0.01)
            return [own["StackStatus"], [call[0] for call in calls]]
        result = asyncio.run(run())
        """,
        )
        return [status, *calls]

    assert after() == ["ROLLBACK_COMPLETE", "delete"]
    assert after(DisableRollback="true") == ["CREATE_FAILED"]


def test_a_resource_that_was_being_changed_is_changed_back(tmp_path: Path) -> None:
    status, kept, calls, old, _ = in_a_process(
        tmp_path,
        f"""{INTERRUPTED}
        result = asyncio.run(interrupted("update", False, Colour="red", Size=2))
        """,
    )
    assert (status, kept) == ("UPDATE_ROLLBACK_COMPLETE", old)
    assert calls == [["update", old, None, 1]]  # how it is nobody knows, how it is to be is known


def test_a_resource_that_was_to_take_anothers_place_goes_again(tmp_path: Path) -> None:
    status, kept, calls, old, new = in_a_process(
        tmp_path,
        f"""{INTERRUPTED}
        result = asyncio.run(interrupted("create", True, Colour="blue", Size=1))
        """,
    )
    assert (status, kept, calls) == ("UPDATE_ROLLBACK_COMPLETE", old, [["delete", new]])


def test_an_update_of_which_old_resources_were_going_is_finished(tmp_path: Path) -> None:
    status, kept, calls, old, new = in_a_process(
        tmp_path,
        f"""{INTERRUPTED}
        result = asyncio.run(interrupted("delete", True, Colour="blue", Size=1))
        """,
    )
    assert (status, kept, calls) == ("UPDATE_COMPLETE", new, [["delete", old]])


def test_a_stack_that_nobody_works_at_any_more_has_failed_and_owns_what_it_made(tmp_path: Path) -> None:
    status, resources, calls = in_a_process(
        tmp_path,
        f"""{PRELUDE}
        from sagemaker_local.base.interface import Made
        handlers = importlib.import_module("ministack.services.cloudformation")
        responses = importlib.import_module("ministack.core.responses")
        def made(scope, stack_id):
            assert (scope, stack_id) == (SCOPE, own["StackId"])
            kind, known = "AWS::SageMaker::Thing", own["_resources"]["A"]["PhysicalResourceId"]
            return [Made("A", kind, known.upper()), Made("A", kind, "arn:old"), Made("B", kind, "arn:b")]
        async def run():
            global own
            await stack("CreateStack", Colour="red")
            with responses.request_scope(*SCOPE):
                own = handlers._stacks["s"]
            own["StackStatus"] = "DELETE_IN_PROGRESS"
            base.end_interrupted_stacks(made)
            base.end_interrupted_stacks(made)
            seen = [own["StackStatus"], sorted(own["_resources"])]
            await stack("DeleteStack")
            return seen
        result = [*asyncio.run(run()), sorted(call[1] for call in calls if call[0] == "delete")]
        """,
    )
    assert (status, resources) == ("DELETE_FAILED", ["A", "AReplaced", "B"])
    assert len(calls) == 3
    assert {"arn:b", "arn:old"} < set(calls)
