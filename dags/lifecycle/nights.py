"""When DAGs run by the clock."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable

FIRST_NIGHT = timedelta(minutes=1)
"""How long after its time a DAG that has never run on schedule still starts its first run."""


def nightly(cron: str, timezone: str) -> CronTriggerTimetable:
    """Each time that ``cron`` says in ``timezone``.

    DAGs have no start date, so that unpausing one makes up for no night that has passed; but a minute in which the
    very first night is not lost to a parse that comes before the scheduler's look. See docs/adr/0005.
    """
    return CronTriggerTimetable(cron, timezone=timezone, run_immediately=FIRST_NIGHT)
