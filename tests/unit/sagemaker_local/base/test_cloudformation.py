"""The private names of ministack's CloudFormation: a type of resource that is registered here is made there."""

from __future__ import annotations

from pathlib import Path

from tests.unit.sagemaker_local.base.test_ministack import in_a_process

PRELUDE = """
        import threading
        from sagemaker_local.base.interface import Provisioned
        calls = []
        class Thing:
            type_name, name_property, replacing = "AWS::SageMaker::Thing", "ThingName", ("Colour", "ThingName")
            tagged = True
            def create(self, scope, name, properties):
                calls.append(["create", *scope, name, properties.get("Colour"), threading.current_thread().name])
                if properties.get("Colour") == "bad":
                    raise ValueError("no such colour")
                return Provisioned(f"arn:{name}", {"ThingName": name})
            def update(self, scope, physical_id, old, new):
                calls.append(["update", physical_id, old.get("Size"), new.get("Size")])
                return Provisioned(physical_id, {"ThingName": "n"})
            def delete(self, scope, physical_id):
                calls.append(["delete", physical_id])
        base = ministack.Ministack()
        base.register_stack_resource(Thing())
        async def stack(action, OPTIONS={}, **properties):
            ends = (f"{action[:6].upper()}_COMPLETE", "ROLLBACK_COMPLETE")
            resources = {"A": {"Type": "AWS::SageMaker::Thing", "Properties": properties}}
            body = {"StackName": "s", "TemplateBody": json.dumps({"Resources": resources}), **OPTIONS}
            try:
                await ask(base.app, f"CloudFormation_20100515.{action}", body, "cloudformation")
            except ValueError:
                pass  # its answers are XML
            handlers = importlib.import_module("ministack.services.cloudformation")
            responses = importlib.import_module("ministack.core.responses")
            with responses.request_scope("111111111111", "eu-west-1"):
                while (status := handlers._stacks["s"]["StackStatus"]) not in ends:
                    await asyncio.sleep(0.01)
                return status
"""


def test_a_registered_type_is_made_changed_replaced_and_deleted_on_threads_in_the_stacks_scope(tmp_path: Path) -> None:
    statuses, calls = in_a_process(
        tmp_path,
        f"""{PRELUDE}
        async def run():
            return [
                await stack("CreateStack", Colour="red", Size=1),
                await stack("UpdateStack", Colour="red", Size=2),
                await stack("UpdateStack", Colour="blue", Size=2),
                await stack("DeleteStack"),
            ]
        result = [asyncio.run(run()), calls]
        """,
    )
    assert statuses == ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"]
    made, changed, replaced, *gone = calls
    assert made[:3] == ["create", "111111111111", "eu-west-1"]
    assert made[3].startswith("s-A-")
    assert made[5] != "MainThread"
    assert changed == ["update", f"arn:{made[3]}", 1, 2]
    assert replaced[0] == "create"
    assert replaced[3] != made[3]
    assert gone == [["delete", f"arn:{made[3]}"], ["delete", f"arn:{replaced[3]}"]]


def test_a_resource_that_fails_fails_its_stack(tmp_path: Path) -> None:
    status, calls = in_a_process(
        tmp_path,
        f"""{PRELUDE}
        result = [asyncio.run(stack("CreateStack", Colour="bad")), calls]
        """,
    )
    assert status == "ROLLBACK_COMPLETE"
    assert [call[0] for call in calls] == ["create"]
