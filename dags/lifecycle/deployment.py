"""The deployment DAG: an approved version is tried in staging, let into production, shifted to, and proven there."""

from dataclasses import replace
from functools import partial
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, chain

from lifecycle.approvals import on_approval
from lifecycle.dag import dag_of
from lifecycle.run import RUN, named
from lifecycle.use_case import UseCase
from mlops_sagemaker import naming
from mlops_sagemaker.forms import offer
from mlops_sagemaker.operators.approval import ApproveDeploymentOperator, RecordApprovalOperator
from mlops_sagemaker.operators.candidacy import ResolveDeploymentOperator
from mlops_sagemaker.operators.guards import EndpointAlarmsOperator, EndpointScalingOperator
from mlops_sagemaker.operators.hosting import (
    SageMakerEndpointConfigOperator,
    SageMakerEndpointDeleteOperator,
    SageMakerEndpointOperator,
    SageMakerModelOperator,
)
from mlops_sagemaker.operators.notify import NotifyStepOperator
from mlops_sagemaker.operators.probing import (
    ContractTestOperator,
    LatencyTestOperator,
    SmokeTestOperator,
    VerifyDeploymentOperator,
)
from mlops_sagemaker.operators.promotion import CleanUpOperator, PromoteOperator
from mlops_sagemaker.operators.replaying import ShadowReplayOperator
from mlops_sagemaker.operators.restore import RestoreOperator, why
from mlops_sagemaker.operators.tally import RecordDriftOperator, TallyOperator
from mlops_sagemaker.requests import Alarms, DataCapture, DriftMetric, EndpointConfig, Model, Scaling, Variant

LET_IN = "ti.xcom_pull(task_ids='record')"
SMOKE = f"{{{{ {RUN}.smoke }}}}"
MODEL = "{{ ti.xcom_pull(task_ids='model').name }}"
METRICS_NAME = f"{{{{ {RUN}.metrics_name }}}}"
STAGE_CONFIG = "{{ ti.xcom_pull(task_ids='stage_config').name }}"
STAGED = "{{ (ti.xcom_pull(task_ids='stage_config') or {}).get('name', '') }}"
CONFIG = "{{ ti.xcom_pull(task_ids='config').name }}"
REPLAYED = "{{ ti.xcom_pull(task_ids='replay').report }}"
DRIFT = "{{ (ti.xcom_pull(task_ids='drift') or {}).get('text', 'not written down, see the task drift') }}"
SINCE = "{{ ti.xcom_pull(task_ids='alarms').since }}"
QUESTION = f"""{{{{ {RUN}.model_package_arn }}}} is approved in the registry and has passed its tests in staging: known
rows {{{{ ti.xcom_pull(task_ids='smoke') }}}}, latency {{{{ ti.xcom_pull(task_ids='latency') }}}}, production's
requests {{{{ ti.xcom_pull(task_ids='replay') }}}}.

Evaluation: {{{{ {RUN}.report }}}}"""
STEPS = """**Steps.** Only an approved version with the record of its gate and an unchanged model is deployed. It is
tried in staging first; then people, or a policy, let it into production; traffic shifts to it while alarms watch.
Whatever fails, the champion serves on, the run is red, and the version is marked with the reason. Without a version the
one approved last is deployed that still waits."""
DOCS = {
    "resolve": """Settles which version is deployed and checks that it may be: approved, let through by its gate, its
        model unchanged. Skips the run if none waits.""",
    "model": """Makes the model that staging and production serve; its name follows from its content.""",
    "stage_config": """Writes down what the staging endpoint is: one instance of the model.""",
    "stage": """Creates the staging endpoint, or moves it to the model, and proves that it serves just that.""",
    "smoke": """Asks staging for rows whose predictions the evaluation has stored; any difference fails the run.""",
    "contract": """Sends staging requests that it must refuse with a 4xx, and rows alone that must be predicted as
        in a batch.""",
    "latency": """Asks staging for single rows, again and again; the p99 must be within the declared budget.""",
    "replay": """Asks staging what production was asked in the last day, and compares its answers with the champion's:
        their kind, the shift of the predictions, the time. Nothing is replayed where nothing was captured.""",
    "unstage": """Deletes the staging endpoint, whatever came of its tests: it costs money as long as it is there.""",
    "approve": """Waits for a person to let the version into production, or to reject it; under Required Actions
        in Airflow's menu. Where the policy is automatic nobody is asked. A version that a later approval, or a run
        by hand that names one, has overtaken, or that was rejected in the registry, is not waited for any longer.""",
    "ask": """Tells people that a version waits for their approval, with the question and where to answer it. Skipped
        where the policy is automatic.""",
    "record": """Writes down with the version who let it into production and why. A rejected or overtaken version
        goes no further, and the run stays green.""",
    "config": """Writes down what the production endpoint is to be: at least two instances of the model, and every
        request captured.""",
    "alarms": """Sets the alarms on errors, latency and drift of predictions of the new config; any of them brings the
        champion back while traffic shifts.""",
    "deploy": """Shifts production's traffic to the new config as declared, and proves that it serves just that; a
        rollback by SageMaker is a failure, also for a try that finds it. To shift again clear the task alarms.""",
    "scale": """Has the number of production's instances follow the load, between the declared bounds.""",
    "verify": """Proves that production is what was requested: config, model, instances, data capture, and the
        stored predictions.""",
    "promote": """Makes the version the champion in one step; the one before stays as what a rollback returns to.""",
    "drift": """Writes down with the version how far its predictions drifted while traffic shifted to it, or that too
        little traffic met it to judge that.""",
    "notify": """Tells that the version is in production, who let it in, whether drift could be judged, and where its
        evaluation is.""",
    "clean": """Deletes models and configs of earlier deployments; champion, previous champion and the newest stay.""",
    "restore": """Runs only after a failure: production serves the champion again, without one the endpoint is
        deleted, and the version is marked with the reason.""",
    "tally": """Runs only after a failure while traffic shifted: counts the requests that met the version, those that
        failed, and the seconds until the champion was back; writes that down with the version.""",
}
_named = partial(named, DOCS)


def deployment_dag(use_case: UseCase) -> DAG:
    """The DAG ``<use case>_deployment``."""
    schedule = on_approval(use_case)
    with dag_of(
        use_case, "deployment", "approved versions to production", STEPS, schedule, on_failure_callback=why
    ) as dag:
        _wire(use_case)
    offer(dag, _form())
    return dag


def _wire(use_case: UseCase) -> None:
    """Resolve, staging, approval, production; staging goes after its tests, and any failure is answered by restore."""
    resolve = ResolveDeploymentOperator(
        use_case=use_case.name,
        image=use_case.deployment.image,
        version="{{ params.version or '' }}",
        approval=use_case.deployment.approval,
        asked_approval="{{ params.approval or '' }}",
        **_named("resolve"),
    )
    run = resolve.output
    staged, let_in, live = _staging(use_case, run), _approval(use_case, run), _production(use_case, run)
    chain(resolve, *staged, *let_in, *live)
    chain(staged, _unstage(use_case))
    staged[-1] >> _ask(use_case)
    _, alarms, *_, promote = live
    drift = RecordDriftOperator(run=run, watched=alarms.output, pointer=promote.output, **_named("drift"))
    promote >> drift
    [promote, drift] >> _tell(use_case)
    promote >> CleanUpOperator(
        pointer=promote.output,
        models=naming.words(use_case.name),
        configs=production(use_case),
        alarms=_alarms(use_case),
        **_named("clean"),
    )
    restore = _restore(use_case, run)
    chain([resolve, *staged, *let_in, *live], restore)
    restore >> TallyOperator(
        run=run,
        endpoint_name=production(use_case),
        watched=alarms.output,
        restored=restore.output,
        **_named("tally"),
    )


def _ask(use_case: UseCase) -> NotifyStepOperator:
    return NotifyStepOperator(
        outcome="approval needed",
        subject=f"version {{{{ {RUN}.version }}}} waits for a person to let it into production",
        text=f"{QUESTION}\n\nAnswer under Required Actions in Airflow's menu.",
        unless=f"{{{{ 'nobody is asked' if {RUN}.policy == 'automatic' else '' }}}}",
        notifiers=use_case.notifiers,
        **_named("ask"),
    )


def _tell(use_case: UseCase) -> NotifyStepOperator:
    return NotifyStepOperator(
        outcome="promoted",
        subject=f"version {{{{ {RUN}.version }}}} is in production",
        text=f"""{{{{ {RUN}.model_package_arn }}}} is the champion.
Let in by {{{{ {LET_IN}.by }}}}: {{{{ {LET_IN}.why or 'no reason given' }}}}.
Latency in staging: {{{{ ti.xcom_pull(task_ids='latency') }}}}.
Drift of predictions: {DRIFT}.
Evaluation: {{{{ {RUN}.report }}}}""",
        notifiers=use_case.notifiers,
        # What a note about it met with keeps nobody from hearing that production has changed.
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
        **_named("notify"),
    )


def _staging(use_case: UseCase, run: Any) -> list[Any]:
    declared, name = use_case.deployment, _endpoint(use_case, "staging")
    model = Model(
        f"{{{{ {RUN}.role_arn }}}}",
        image=f"{{{{ {RUN}.image }}}}",
        model_data=f"{{{{ {RUN}.model_data }}}}",
        environment=DriftMetric(METRICS_NAME).environment(f"{{{{ {RUN}.baseline }}}}"),
    )
    config = EndpointConfig([Variant(MODEL, declared.staging_instance)])
    known = {"endpoint_name": name, "smoke": SMOKE}
    return [
        SageMakerModelOperator(prefix=use_case.name, request=model, **_named("model")),
        SageMakerEndpointConfigOperator(prefix=name, request=config, **_named("stage_config")),
        SageMakerEndpointOperator(endpoint_name=name, config_name=STAGE_CONFIG, **_named("stage")),
        SmokeTestOperator(**known, **_named("smoke")),
        ContractTestOperator(**known, **_named("contract")),
        LatencyTestOperator(budget=declared.latency_budget, **known, **_named("latency")),
        ShadowReplayOperator(
            endpoint_name=name,
            production=production(use_case),
            use_case=use_case.name,
            run=run,
            rules=declared.replay,
            budget=declared.latency_budget,
            **_named("replay"),
        ),
    ]


def _unstage(use_case: UseCase) -> SageMakerEndpointDeleteOperator:
    return SageMakerEndpointDeleteOperator(
        endpoint_name=_endpoint(use_case, "staging"),
        config_name=STAGED,
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,
        **_named("unstage"),
    )


def _approval(use_case: UseCase, run: Any) -> list[Any]:
    approve = ApproveDeploymentOperator(
        subject=f"Put version {{{{ {RUN}.version }}}} of {use_case.name} into production?",
        body=QUESTION,
        policy=f"{{{{ {RUN}.policy }}}}",
        run=run,
        use_case=use_case.name,
        **_named("approve"),
    )
    return [
        approve,
        RecordApprovalOperator(
            run=run, answer=approve.output, replay=REPLAYED, use_case=use_case.name, **_named("record")
        ),
    ]


def _production(use_case: UseCase, run: Any) -> list[Any]:
    declared, name = use_case.deployment, production(use_case)
    alarms = _alarms(use_case)
    shift = replace(declared.shift, alarms=alarms.names(CONFIG))
    scaling = Scaling(declared.instances, declared.max_instances, declared.invocations_per_instance)
    config = EndpointConfig(
        [Variant(MODEL, declared.production_instance, declared.instances)],
        DataCapture(f"s3://{{{{ {RUN}.bucket }}}}/{use_case.name}/capture"),
    )
    live = {"endpoint_name": name, "config_name": CONFIG}
    return [
        SageMakerEndpointConfigOperator(prefix=name, request=config, **_named("config")),
        EndpointAlarmsOperator(alarms=alarms, model=METRICS_NAME, **live, **_named("alarms")),
        SageMakerEndpointOperator(deployment=shift, retain=True, since=SINCE, **live, **_named("deploy")),
        EndpointScalingOperator(endpoint_name=name, scaling=scaling, **_named("scale")),
        VerifyDeploymentOperator(smoke=SMOKE, model_name=MODEL, **live, **_named("verify")),
        PromoteOperator(run=run, config_name=CONFIG, model_name=MODEL, **_named("promote")),
    ]


def _alarms(use_case: UseCase) -> Alarms:
    declared = use_case.deployment
    return Alarms(declared.max_error_share, declared.latency_budget, declared.max_drift)


def _restore(use_case: UseCase, run: Any) -> RestoreOperator:
    return RestoreOperator(
        run=run,
        endpoint_name=production(use_case),
        trigger_rule=TriggerRule.ONE_FAILED,
        **_named("restore"),
    )


def _form() -> dict[str, Param]:
    return {
        "version": Param(
            None,
            title="Version",
            description="The number of the approved version to deploy; an open question about another one is withdrawn "
            "within minutes. Empty: the one approved last that still waits.",
            type=["null", "integer"],
            minimum=1,
        ),
        "approval": Param(
            None,
            title="Approval for production",
            description="Whether people are asked. Empty: as the release or the use case declares it.",
            type=["null", "string"],
            enum=[None, "manual", "automatic"],
        ),
    }


def production(use_case: UseCase) -> str:
    """The name of a use case's production endpoint."""
    return _endpoint(use_case, "production")


def _endpoint(use_case: UseCase, stage: str) -> str:
    return naming.endpoint_name(use_case.name, stage)
