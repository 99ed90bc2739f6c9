"""When approvals are acted upon: as soon as their event arrives, and now and then in case it got lost."""

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable

import assets
from lifecycle.use_case import UseCase


def on_approval(use_case: UseCase) -> AssetOrTimeSchedule:
    """Whenever a version was approved or rejected; a run that finds nothing to do is skipped."""
    timetable = CronTriggerTimetable(use_case.deployment.reconcile, timezone=use_case.timezone)
    return AssetOrTimeSchedule(timetable=timetable, assets=[assets.approvals(use_case.name)])
