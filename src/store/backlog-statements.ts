import { markUnknownOf } from "./statements.ts";

/** The statements of the backlogs: what waits for channels that cannot take it. Each may be repeated when its answer was lost. */

/** Puts a delivery into its channel's backlog: $2 milliseconds to leave the channel alone, $3 why, $4 0 or 1 failure. */
export const hold = `
with own as (
  update chartbell.delivery set waiting_since = coalesce(waiting_since, now()) where id = $1 and ended_at is null
  returning channel
)
insert into chartbell.backlog (channel, due_at, failures, failure)
select channel, now() + $2::float8 * interval '1 millisecond', $4, $3::json from own
on conflict (channel) do update
  set due_at = greatest(backlog.due_at, excluded.due_at), failure = excluded.failure`;

/** Leases at most $2 backlogs that are due and in nobody's hand to process $1 for $3 milliseconds. */
export const claim = `
with due as (
  select channel from chartbell.backlog
  where due_at <= now() and (leased_until is null or leased_until < now())
  order by due_at limit $2 for update skip locked
)
update chartbell.backlog set leased_by = $1, leased_until = now() + $3::float8 * interval '1 millisecond'
from due where backlog.channel = due.channel
returning backlog.channel, backlog.failures`;

/** Of those that process $1 still has in hand: one that it could not give back is taken by the next when its time is over. */
export const touch = `
update chartbell.backlog set leased_until = now() + $2::float8 * interval '1 millisecond'
where leased_by = $1 and channel = any($3::text[])`;

/** Milliseconds until the next backlog may be claimed; no row when there is none. */
export const nextDue = `
select extract(epoch from min(greatest(due_at, leased_until)) - now())::float8 * 1000 as ms from chartbell.backlog
having count(*) > 0`;

/** What the channel's last holder was sending when it ended or gave up is an unknown outcome: only holders send what waits. */
export const markUnknown = markUnknownOf(
  "select id from chartbell.delivery where channel = any($1::text[]) and waiting_since is not null and ended_at is null",
);

/**
 * The most important of what waits for channel $1, at most $2: of each key the newest state whose text is not said, with
 * the earlier ones; then what only lacks pictures. What has failed $3 times goes behind everything else of its kind, so
 * that one message that a server cannot stand holds up no other.
 */
export const next = `
with waiting as (
  select id, alert_key, sequence, importance, text_ended_at is not null as is_said, retried_at is not null as is_retried,
    row_number() over (partition by alert_key, text_ended_at is null order by sequence desc) as newest,
    min(sequence) over (partition by alert_key, text_ended_at is null) as first
  from chartbell.delivery
  where channel = $1 and waiting_since is not null and ended_at is null
), chosen as (
  select *, row_number() over (order by is_said, coalesce(tries.attempts, 0) >= $3, importance desc, first) as place
  from waiting left join lateral (
    select max(attempts) as attempts from chartbell.step where delivery_id = waiting.id and ended_at is null
  ) as tries on true
  where is_said or (newest = 1 and not exists (
    select from chartbell.delivery before
    where before.channel = $1 and before.alert_key = waiting.alert_key and before.sequence < waiting.sequence
      and before.text_ended_at is null and before.waiting_since is null and before.delayed_until is null
  ))
  order by place limit $2
)
select delivery.id, delivery.alert_id, delivery.plan, delivery.retried_at,
  earlier.ids, earlier.statuses, earlier.since, later.id as superseded_by
from chosen
join chartbell.delivery on delivery.id = chosen.id
left join lateral (
  select array_agg(before.id order by before.sequence) as ids,
    array_agg(before.status order by before.sequence) as statuses, min(alert.accepted_at) as since
  from chartbell.delivery before join chartbell.alert on alert.id = before.alert_id
  where before.channel = $1 and before.alert_key = chosen.alert_key and before.sequence < chosen.sequence
    and before.waiting_since is not null and before.ended_at is null and before.text_ended_at is null
) as earlier on not chosen.is_said
left join lateral (
  select after.id from chartbell.delivery after
  where after.channel = $1 and after.alert_key = chosen.alert_key and after.sequence > chosen.sequence
  order by after.sequence desc limit 1
) as later on chosen.is_said and not chosen.is_retried
order by chosen.place`;

/** Gives a backlog back: $3 milliseconds to leave the channel alone, $4 why; what could not be sent counts as a failure. */
export const release = `
update chartbell.backlog
set due_at = now() + $3::float8 * interval '1 millisecond', failure = $4::json, leased_by = null, leased_until = null,
  failures = failures + $5
where channel = $1 and leased_by = $2`;

/** Keeps others from putting anything into the backlog until the transaction ends. */
export const lock = `select from chartbell.backlog where channel = $1 and leased_by = $2 for update`;

/** Ends a backlog in which nothing waits; in one where something does, the channel may be tried again after $3 milliseconds. */
export const close = `
with ended as (
  delete from chartbell.backlog
  where channel = $1 and leased_by = $2 and not exists (
    select from chartbell.delivery where channel = $1 and waiting_since is not null and ended_at is null
  )
  returning channel
)
update chartbell.backlog
set due_at = now() + $3::float8 * interval '1 millisecond', leased_by = null, leased_until = null
where channel = $1 and leased_by = $2 and not exists (select from ended)`;

/** Of a process that was the only one: what it held is taken over by the next. */
export const releaseAll = `update chartbell.backlog set leased_until = now() where leased_by is not null`;
