"""What importing asks of the database."""

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

CHANNEL = text("select id, code, column_mapping from channel where code = :code and active")
KEEP_MAPPING = text("update channel set column_mapping = :mapping where id = :id").bindparams(
    bindparam("mapping", type_=JSONB)
)
UNFINISHED = text(
    """
select id from import_batch where channel_id = :channel and file_hash = :hash and status <> 'finished'
order by id desc limit 1
"""
)
CONTINUE = text("update import_batch set mapping = :mapping where id = :id").bindparams(
    bindparam("mapping", type_=JSONB)
)
INSERT_BATCH = text(
    """
insert into import_batch
    (channel_id, filename, file_hash, content, columns, mapping, rows, started_by, started_at)
values (:channel, :filename, :hash, :content, :columns, :mapping, :rows, :actor, clock_now())
returning id
"""
).bindparams(bindparam("mapping", type_=JSONB))
BATCH = text(
    """
select b.id, b.filename, b.content, b.mapping, b.rows, b.status, b.started_by, b.channel_id, c.code as channel
from import_batch b join channel c on c.id = b.channel_id where b.id = :id
"""
)
ENDED_LINES = text("select line from import_row where batch_id = :id")
KNOWN = text(
    """
select id, number, channel_number, digest from matter
where channel_id = :channel and channel_number = any(:numbers)
union all
select id, number, channel_number, digest from matter
where channel_id = :channel and channel_number is null and digest = any(:digests)
"""
)
INSERT_ROW = text(
    """
insert into import_row (batch_id, line, raw, outcome, reason, matter_id, channel_number, received_on, secret)
values (:batch, :line, :raw, :outcome, :reason, :matter, :number, :day, :secret)
on conflict (batch_id, line) do nothing
"""
).bindparams(bindparam("raw", type_=JSONB))
COUNTS = text("select outcome, count(*) as n from import_row where batch_id = :id group by outcome")
MARK = text("update import_batch set status = :status where id = :id and status not in (:status, 'finished')")
FINISH = text(
    """
update import_batch set status = 'finished', finished_at = clock_now(), counts = :counts, content = null
where id = :id and status <> 'finished'
"""
).bindparams(bindparam("counts", type_=JSONB))
LOCK = text("select pg_advisory_lock(hashtext('import_batch'), cast(:id as int))")
UNLOCK = text("select pg_advisory_unlock(hashtext('import_batch'), cast(:id as int))")
ROWS = text(
    """
select r.line, r.outcome, r.reason, m.number from import_row r left join matter m on m.id = r.matter_id
where r.batch_id = :id order by r.line
"""
)
