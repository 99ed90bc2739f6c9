"""The rollback DAG: production serves the previous champion again."""

from functools import partial
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, chain

from lifecycle.approvals import on_approval
from lifecycle.dag import dag_of
from lifecycle.deployment import production
from lifecycle.run import RUN, named
from lifecycle.use_case import UseCase
from mlops_sagemaker.forms import offer
from mlops_sagemaker.operators.hosting import SageMakerEndpointOperator
from mlops_sagemaker.operators.notify import NotifyStepOperator
from mlops_sagemaker.operators.probing import VerifyDeploymentOperator
from mlops_sagemaker.operators.restore import RestoreOperator, why
from mlops_sagemaker.operators.rollback import ResolveRollbackOperator, RollBackOperator

BACK = f"{RUN}.champion"
STEPS = """**Rollback.** Trigger it, and production serves the version before: all of its traffic at once, proven, and
only then is that version the champion again. The one that goes is marked in the registry. A champion that is rejected
in the registry is rolled back without a trigger."""
DOCS = {
    "resolve": """Settles which champion goes and which comes back. A run that nobody started by hand is skipped
        unless the champion was rejected in the registry.""",
    "deploy": """Moves all of production's traffic to the config of the previous champion, and proves that it serves
        just that.""",
    "verify": """Proves that production is what it was with that champion: config, model, instances, data capture,
        and the stored predictions.""",
    "move": """Makes the previous version the champion again in one step, and marks the one that goes with the
        reason.""",
    "notify": """Tells that production serves the version before again, and why.""",
    "restore": """Runs only after a failure: production serves again what is written down as the champion.""",
}
_named = partial(named, DOCS)


def rollback_dag(use_case: UseCase) -> DAG:
    """The DAG ``<use case>_rollback``."""
    schedule = on_approval(use_case)
    with dag_of(use_case, "rollback", "back to the previous champion", STEPS, schedule, on_failure_callback=why) as dag:
        _wire(use_case)
    reason = Param("", "Why; it is written down with the version.", title="Reason", type="string", maxLength=200)
    offer(dag, {"reason": reason})
    return dag


def _wire(use_case: UseCase) -> None:
    resolve = ResolveRollbackOperator(
        use_case=use_case.name, reason="by hand: {{ params.reason or 'no reason given' }}", **_named("resolve")
    )
    live: dict[str, Any] = {"endpoint_name": production(use_case), "config_name": f"{{{{ {BACK}.config_name }}}}"}
    deploy = SageMakerEndpointOperator(retain=True, **live, **_named("deploy"))
    verify = VerifyDeploymentOperator(
        smoke=f"{{{{ {BACK}.smoke }}}}", model_name=f"{{{{ {BACK}.model_name }}}}", **live, **_named("verify")
    )
    move = RollBackOperator(run=resolve.output, **_named("move"))
    notify = NotifyStepOperator(
        outcome="rolled back",
        subject=f"version {{{{ {BACK}.version }}}} is in production again",
        text=f"{{{{ {RUN}.model_package_arn }}}} goes: {{{{ {RUN}.reason }}}}.",
        notifiers=use_case.notifiers,
        **_named("notify"),
    )
    chain(resolve, deploy, verify, move, notify)
    restore = RestoreOperator(
        run=resolve.output,
        endpoint_name=production(use_case),
        trigger_rule=TriggerRule.ONE_FAILED,
        **_named("restore"),
    )
    chain([resolve, deploy, verify, move], restore)
