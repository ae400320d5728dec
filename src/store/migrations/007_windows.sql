-- The life of each alert key. A row is locked by whoever lets an alert into the window; body is null only until that commit.
create table chartbell.alert_window (
  key text primary key,
  is_open boolean not null default false,
  opened_at timestamptz,
  -- When the last alert of it was accepted.
  heard_at timestamptz not null,
  -- When the first of its delayed messages is to be said.
  due_at timestamptz,
  body json
) with (fillfactor = 70);
create index alert_window_heard on chartbell.alert_window (heard_at);
create index alert_window_due on chartbell.alert_window (due_at) where due_at is not null;
create index alert_window_open on chartbell.alert_window (opened_at) where is_open;

-- A message that is said only if its window is still open then; its window puts it into the channel's backlog.
alter table chartbell.delivery add column delayed_until timestamptz;

-- What was open before there were windows: the CANCEL of it is to be said. json with a NUL or half of a pair cannot be asked.
with asked as (
  select alert_key, delivery.sequence, delivery.status, body, accepted_at
  from chartbell.delivery join chartbell.alert on alert.id = delivery.alert_id
  where body::text !~ '\\u(0000|d[89a-f])'
), last as (
  select distinct on (alert_key) * from asked where body -> 'fields' -> 'schedule' is null order by alert_key, sequence desc
)
insert into chartbell.alert_window (key, is_open, opened_at, heard_at, body)
select alert_key, true, coalesce(first.accepted_at, last.accepted_at), last.accepted_at, json_build_object(
  'status', status, 'rule', last.body -> 'rule', 'entity', last.body -> 'entity', 'metric', last.body -> 'metric',
  'tags', last.body -> 'tags', 'severity', last.body -> 'severity',
  'openTime', coalesce(first.body, last.body) -> 'time', 'isOpenTimeTold', false,
  'openedAt', coalesce(first.body, last.body) -> 'acceptedAt', 'heardAt', last.body -> 'acceptedAt',
  'repeats', (
    select count(distinct sequence) from asked where asked.alert_key = last.alert_key and asked.status = 'REPEAT'
      and asked.sequence > coalesce(first.sequence, 0)
  ),
  'openValue', coalesce(first.body, last.body) -> 'value', 'values', '[]'::json, 'delayed', '[]'::json
)
from last left join lateral (
  select body, accepted_at, sequence from asked
  where asked.alert_key = last.alert_key and asked.status = 'OPEN' order by sequence desc limit 1
) as first on true
where status <> 'CANCEL';
