"""The SQL of migrations of many instances."""

from typing import Final

CREATE: Final = """
insert into migration (process_key, from_deployment, to_deployment, mapping, created_by, created_at)
values (%(process)s, %(from)s, %(to)s, %(mapping)s::jsonb, %(actor)s, clock_now()) returning id
"""
ONE: Final = """
select id, process_key, from_deployment, to_deployment, mapping, status, edition, reason, created_by, created_at,
    started_by, started_at, finished_at, reverted_by, revert_reason from migration where id = %(id)s
"""
CHANGE: Final = """
with gone as (delete from migration_step where migration_id = %(id)s)
update migration set mapping = %(mapping)s::jsonb, edition = edition + 1, status = 'assessing'
where id = %(id)s and status in ('assessing', 'assessed') returning id
"""
LAST: Final = "select coalesce(max(instance_id), 0), count(*) from migration_step where migration_id = %(id)s"
TOTAL: Final = """
select count(*) from instance where deployment_id = %(deployment)s and process_key = %(process)s
    and status in ('running', 'suspended')
"""
STEPS: Final = """
insert into migration_step (migration_id, instance_id, business_key, verdict, reasons, changes)
select %(id)s, s.instance_id, s.business_key, s.verdict, s.reasons, s.changes
from jsonb_to_recordset(%(rows)s::jsonb) as s (instance_id bigint, business_key text, verdict text, reasons jsonb,
    changes jsonb)
where exists (select 1 from migration where id = %(id)s and edition = %(edition)s for share)
on conflict (migration_id, instance_id) do nothing
"""
STATUS: Final = """
update migration set status = %(new)s, finished_at = case when %(new)s = 'finished' then clock_now() end
where id = %(id)s and status = %(old)s and edition = %(edition)s
"""
BEGIN: Final = """
update migration set status = 'running', reason = %(reason)s, started_by = %(actor)s, started_at = clock_now()
where id = %(id)s and status = 'assessed' returning id
"""
REVERT: Final = """
update migration set status = 'reverting', finished_at = null, reverted_by = %(actor)s, revert_reason = %(reason)s
where id = %(id)s and status = 'finished' returning id
"""
TO_MOVE: Final = """
select instance_id from migration_step where migration_id = %(id)s and verdict = 'safe' and outcome is null
order by instance_id limit %(limit)s
"""
TO_REVERT: Final = """
select instance_id from migration_step where migration_id = %(id)s and outcome = 'migrated' and error is null
order by instance_id limit %(limit)s
"""
ENDED: Final = """
update migration_step set outcome = %(outcome)s, error = %(error)s, done_at = clock_now(), done_by = %(actor)s
where migration_id = %(id)s and instance_id = %(instance)s and outcome is null
"""
NOT_REVERTED: Final = """
update migration_step set error = %(error)s where migration_id = %(id)s and instance_id = %(instance)s
"""
UNFINISHED: Final = """
select max(id) from migration where process_key = %(process)s and from_deployment = %(from)s
    and to_deployment = %(to)s and mapping = %(mapping)s::jsonb and created_by = %(actor)s and status <> 'finished'
"""
COUNTS: Final = """
select coalesce(outcome, verdict), count(*) from migration_step where migration_id = %(id)s group by 1
"""
LEFT: Final = """
select business_key, coalesce(error, (select string_agg(r ->> 'text', ' ') from jsonb_array_elements(reasons) r))
from migration_step where migration_id = %(id)s and (outcome is null or outcome = 'failed')
order by instance_id limit %(limit)s
"""
DONE: Final = """
select count(*) filter (where outcome is not null), count(*) filter (where verdict = 'safe' or outcome is not null)
from migration_step where migration_id = %(id)s
"""
REVERTED: Final = """
select count(*) filter (where outcome = 'reverted' or error is not null), count(*) from migration_step
where migration_id = %(id)s and outcome in ('migrated', 'reverted')
"""
