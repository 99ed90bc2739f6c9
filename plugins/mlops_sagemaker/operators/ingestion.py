"""Files that somebody brings: taken out of the way, and, once a job has inspected them, to data or to quarantine."""

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from mlops_sagemaker import ingestion, naming, uris, windows
from mlops_sagemaker._compat import aws_template_fields
from mlops_sagemaker.errors import ApiError, LifecycleError, UserError
from mlops_sagemaker.hook.objects import UNREADABLE
from mlops_sagemaker.ingestion import Claims, Decision, Fate
from mlops_sagemaker.operators.base import LifecycleOperator, user_errors_are_final
from mlops_sagemaker.operators.resolve import RELEASE_URI, data_prefix, read_release
from mlops_sagemaker.release import Release

STEP = "inspect"
AS_IT_SHOULD_BE = "in the storage class STANDARD and with the bucket's own encryption"


class ResolveIngestionOperator(LifecycleOperator):
    """Claim the files that have arrived whole, and settle what they are inspected with; skip if there are none. ::

        {"run_key", "run_uri", "folder", "data", "files", "claims", "objects", "ledger", "role_arn",
         "code": {"steps": {step: uri}}, "image": {"uri"}}

    A claim is moved from ``<use case>/incoming/`` to ``files`` in the run's folder, where nobody changes it: ``claims``
    is the record of those that were there to be moved. One that is gone, another by now, or cannot be read, is left
    out; the next run sees what is there. Repeating the task repeats it on the same claims. Fails where no file can be
    read.

    :param use_case: name of the code bundle and of the bucket's top folder.
    :param image: name of the image the run's job uses.
    :param marker: name of the object without which the files of a folder are not complete; empty for none.
    :param release_uri: S3 URI of the release manifest.
    """

    template_fields = aws_template_fields("release_uri")

    def __init__(
        self,
        *,
        use_case: str,
        image: str,
        marker: str = "",
        release_uri: str = RELEASE_URI,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_case = use_case
        self.image = image
        self.marker = marker
        self.release_uri = release_uri

    def execute(self, context: Context) -> dict[str, Any]:
        """Settle it."""
        run = context["dag_run"]
        with user_errors_are_final():
            current = read_release(self.hook, self.release_uri)
            folder = f"s3://{current.bucket}/{self.use_case}"
            key = naming.run_key(run.dag_id, run.run_id)
            run_uri = uris.join(folder, "runs", key)
            # First, so that a release that lacks something leaves the files where the next run finds them.
            means = self._means(current)
            held = self._held(uris.folder(folder, "incoming"), run_uri)
            if not held.files:
                self.log.info("No complete file lies in %s", uris.folder(folder, "incoming"))
                raise AirflowSkipException("nothing has arrived")
            return {
                "run_key": key,
                "run_uri": run_uri,
                "folder": folder,
                "data": data_prefix(current.bucket, self.use_case),
                "files": _files(run_uri),
                "claims": _claims(run_uri),
                "objects": len(held.files),
                "ledger": uris.join(folder, "ledger"),
                **means,
            }

    def _means(self, current: Release) -> dict[str, Any]:
        """What the files are inspected with."""
        return {
            "role_arn": current.role_arn,
            "code": {"steps": {STEP: current.step_of(self.use_case, STEP).uri}},
            "image": {"uri": current.image(self.image).uri},
        }

    def _held(self, incoming: str, run_uri: str) -> Claims:
        """The claims of the run, moved to its folder: what was meant is written down before the first is copied, what
        was there to be copied before the first is deleted."""
        recorded = self.hook.read(_claims(run_uri))
        if recorded is None:
            meant = self._meant(incoming, uris.join(run_uri, "arrivals.json"))
            if not meant.files:
                return meant
            held = self._copied(incoming, _files(run_uri), meant)
            # Unless another try was first, and has deleted what this one has not found any more.
            recorded = self.hook.write_once(_claims(run_uri), held.document())
        claims = ingestion.remembered(json.loads(recorded))
        for claim in (*claims.files, *claims.markers):
            self.hook.remove(incoming + claim.key, claim.etag)
        return claims

    def _meant(self, incoming: str, record: str) -> Claims:
        recorded = self.hook.read(record)
        if recorded is None:
            claims = ingestion.claimable(self.hook.list_objects(incoming), self.marker)
            if not claims.files:
                return claims
            recorded = self.hook.write_once(record, claims.document())
        return ingestion.remembered(json.loads(recorded))

    def _copied(self, incoming: str, files: str, meant: Claims) -> Claims:
        left, refused = [], []
        for claim in meant.files:
            try:
                if not self.hook.copy(incoming + claim.key, files + claim.name, claim.etag):
                    left.append(claim)
                    self.log.warning("%s is gone, or another by now: the next run sees what is there", claim.key)
            except ApiError as error:
                if error.code not in UNREADABLE:
                    raise
                left.append(claim)
                refused.append(str(error))
        return self._readable(meant.without(left), refused)

    def _readable(self, held: Claims, refused: Collection[str]) -> Claims:
        told = f"{'; '.join(refused)}. Such a file stays where it is: delete it, or write it anew {AS_IT_SHOULD_BE}"
        if refused and not held.files:
            raise UserError(told)
        if refused:
            self.log.error("%s", told)
        return held


class SettleIngestionOperator(LifecycleOperator):
    """Copy each claimed file to the data of the day, or to quarantine beside a report on what is wrong with it. ::

        {"taken": [{"file", "where", "rows"}], "refused": [{"file", "where", "report", "reasons"}],
         "event": null or what the event of new data says}

    What becomes of the files is written down before the first is copied, and with it the day: the date on which that
    happens, for until then nobody can see their rows. A repeated task goes on from there; the run keeps its own copies.

    :param timezone: IANA name of the zone whose midnights end the days.
    :param run: the ``output`` of the ResolveIngestionOperator.
    :param inspection: the ``output`` of the job that has inspected the files.
    """

    template_fields = aws_template_fields("run", "inspection")

    def __init__(self, *, timezone: str, run: Any, inspection: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.timezone = timezone
        self.run: dict[str, Any] = run
        self.inspection: dict[str, Any] = inspection

    def execute(self, context: Context) -> dict[str, Any]:
        """Copy them all; where each is."""
        with user_errors_are_final():
            held = {each.key: each.etag for each in self.hook.list_objects(self.run["files"])}
            known = self.hook.list_keys(self.run["data"])
            day, decisions = self._settled(held, known)
            written = {uris.join(self.run["data"], key) for key in known}
            for decision in decisions:
                if self._uri(decision.target) not in written:  # data is written once, whoever repeats the task
                    self._keep(decision, held)
        taken = [each for each in decisions if each.fate is Fate.TAKEN]
        refused = [each for each in decisions if each.fate is Fate.REFUSED]
        self.log.info("%s files are data of %s, %s are refused", len(taken), day, len(refused))
        return {
            "taken": [{"file": each.file, "where": self._uri(each.target), "rows": each.rows} for each in taken],
            "refused": [self._refused(each) for each in refused],
            "event": {windows.WINDOW_END: (day + timedelta(days=1)).isoformat()} if taken else None,
        }

    def _settled(self, held: Collection[str], known: Collection[str]) -> tuple[date, list[Decision]]:
        record = uris.join(self.run["run_uri"], "decisions.json")
        recorded = self.hook.read(record)
        if recorded is None:
            recorded = self.hook.write_once(record, self._decided(held, known))
        document = json.loads(recorded)
        decisions = [Decision(**{**each, "fate": Fate(each["fate"])}) for each in document["decisions"]]
        return date.fromisoformat(document["day"]), decisions

    def _decided(self, held: Collection[str], known: Collection[str]) -> dict[str, Any]:
        claims = ingestion.remembered(json.loads(self.hook.read(self.run["claims"]) or b""))
        # A person may have taken a file away that the job could not come to an end with.
        files = [claim for claim in claims.files if claim.name in held]
        day = datetime.fromtimestamp(time.time(), ZoneInfo(self.timezone)).date()
        decisions = ingestion.decide(files, self._inspected(), known, day, self.run["run_key"])
        return {"day": day.isoformat(), "decisions": [asdict(each) for each in decisions]}

    def _inspected(self) -> Mapping[str, Any]:
        (folder,) = self.inspection["outputs"].values()
        where = uris.join(folder, "inspection.json")
        try:
            inspected: dict[str, Any] = json.loads(self.hook.read(where) or b"")
        except ValueError as error:
            raise UserError(f"{where} does not say what was found ({error}); clear the task inspect") from error
        return inspected

    def _keep(self, decision: Decision, held: Mapping[str, str]) -> None:
        if decision.report:
            self.hook.write_json(self._uri(decision.report), asdict(decision))
        source = self.run["files"] + decision.name
        etag = held.get(decision.name)
        if etag is None or not self.hook.copy(source, self._uri(decision.target), etag):
            raise LifecycleError(f"{source}, which came as {decision.file}, is gone or has changed; bring it once more")

    def _refused(self, decision: Decision) -> dict[str, Any]:
        return {
            "file": decision.file,
            "where": self._uri(decision.target),
            "report": self._uri(str(decision.report)),
            "reasons": decision.reasons,
        }

    def _uri(self, place: str) -> str:
        return uris.join(self.run["folder"], place)


def _files(run_uri: str) -> str:
    return uris.folder(run_uri, "files")


def _claims(run_uri: str) -> str:
    return uris.join(run_uri, "claims.json")
