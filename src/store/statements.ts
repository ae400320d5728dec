/** The store's statements; each is one round trip and may be repeated when its answer was lost. */

export const accept = `
with alerts as (
  insert into chartbell.alert (id, body, accepted_at, status, rule)
  select id, body::json, accepted_at, status, rule
  from unnest($1::uuid[], $2::text[], $3::timestamptz[], $14::text[], $15::text[])
    with ordinality as input (id, body, accepted_at, status, rule, place)
  order by place
  on conflict (id) do nothing
  returning id, sequence
), deliveries as (
  insert into chartbell.delivery
    (id, alert_id, sequence, position, channel, plan, alert_key, status, importance, delayed_until)
  select input.id, alerts.id, alerts.sequence, input.position, input.channel, input.plan::json, input.alert_key,
    input.status, input.importance, input.delayed_until
  from unnest(
    $4::uuid[], $5::uuid[], $6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::int[], $12::timestamptz[]
  ) as input (id, alert_id, position, channel, plan, alert_key, status, importance, delayed_until)
  join alerts on alerts.id = input.alert_id
)
select pg_notify($13, '')`;

/** Whether a commit whose answer was lost was made: its alerts are all there, or none. */
export const anyOf = `select id from chartbell.alert where id = any($1::uuid[]) limit 1`;

/**
 * Whose turn it is: $4 is this process. What waits may be sent by the one that holds the backlog's lease; anything else
 * only while the channel has no backlog, and after every earlier alert of its key has said its text in this channel. The
 * backlog's row is locked, so that it does not end while a delivery is put into it.
 */
export const beginAttempt = `
with own as (
  select id, channel, alert_key, sequence, waiting_since, ended_at from chartbell.delivery where id = $1
), backlog as (
  select leased_by, leased_until from chartbell.backlog where channel = (select channel from own) for share
), put as (
  update chartbell.delivery set waiting_since = now() from own
  where delivery.id = own.id and own.waiting_since is null and own.ended_at is null
    and exists (select from backlog)
), turn as (
  select own.id, case
    when own.ended_at is not null then 'ended'
    when exists (
      select from chartbell.step where delivery_id = own.id and position = $2 and step.ended_at is not null
    ) then 'ended'
    when own.waiting_since is not null then case
      when exists (select from backlog where leased_by = $4 and leased_until > now()) then 'begun' else 'waits' end
    when exists (select from backlog) then 'waits'
    when exists (
      select from chartbell.delivery earlier
      where earlier.channel = own.channel and earlier.alert_key = own.alert_key
        and earlier.sequence < own.sequence and earlier.text_ended_at is null
        and (earlier.delayed_until is null or earlier.waiting_since is not null)
    ) then 'behind'
    else 'begun' end as turn
  from own
), step as (
  insert into chartbell.step (delivery_id, position, kind, status, attempts)
  select id, $2, $3, 'sending', 1 from turn where turn = 'begun'
  on conflict (delivery_id, position) do update
    set status = 'sending', kind = excluded.kind, attempts = step.attempts + 1
  returning delivery_id, position
), attempt as (
  insert into chartbell.attempt (delivery_id, position) select delivery_id, position from step
)
select turn from turn`;

/** $4: failed, free or unknown. A channel works when it took something that had waited since this step was first tried. */
export const endAttempt = `
with attempt as (
  update chartbell.attempt set ended_at = now(), failure = $3::json,
    outcome = case when $4 = 'unknown' then 'unknown' else 'failed' end
  where delivery_id = $1 and position = $2 and ended_at is null
), first as (
  select min(began_at) as began_at from chartbell.attempt where delivery_id = $1 and position = $2
), step as (
  update chartbell.step
  set status = case when $4 = 'unknown' then 'unknown' else 'waiting' end,
    attempts = attempts - (case when $4 = 'free' then 1 else 0 end),
    unknown_attempts = unknown_attempts + (case when $4 = 'unknown' then 1 else 0 end)
  where delivery_id = $1 and position = $2 and status = 'sending'
  returning attempts
)
select step.attempts, exists (
  select from chartbell.backlog join chartbell.delivery using (channel)
  where delivery.id = $1 and backlog.taken_at > first.began_at
) as channel_works
from step, first`;

/** $8: deliveries that were said with this one, and end with it. */
export const endStep = `
with folded as (
  update chartbell.delivery set ended_at = now(), text_ended_at = now(), outcome = 'folded'
  where id = any($8::uuid[]) and ended_at is null
  returning id
), folded_steps as (
  insert into chartbell.step (delivery_id, position, kind, status, record, ended_at)
  select id, 0, 'text', 'folded', $9::json, now() from folded
  on conflict (delivery_id, position) do update
    set status = 'folded', record = excluded.record, ended_at = now() where step.ended_at is null
), attempt as (
  update chartbell.attempt set ended_at = now(), outcome = $4, failure = $7::json
  where delivery_id = $1 and position = $2 and ended_at is null
), said as (
  update chartbell.delivery set text_ended_at = now() where id = $1 and $2 = 0 and text_ended_at is null
), taken as (
  update chartbell.backlog set taken_at = now(), failures = 0 from chartbell.delivery
  where delivery.id = $1 and delivery.waiting_since is not null and backlog.channel = delivery.channel and $4 = 'delivered'
)
insert into chartbell.step (delivery_id, position, kind, status, record, shot, ended_at)
values ($1, $2, $3, $4, $5::json, $6::json, now())
on conflict (delivery_id, position) do update
  set kind = excluded.kind, status = excluded.status, record = excluded.record, shot = excluded.shot, ended_at = now()
  where step.ended_at is null`;

export const endDelivery = `
update chartbell.delivery
set text = $2::json, ended_at = now(), text_ended_at = coalesce(text_ended_at, now()), outcome = (
  select case
    when count(*) = 0 then 'silent'
    when bool_or(status = 'failed') then 'failed'
    when bool_or(status = 'unknown') then 'unknown'
    when bool_and(status = 'folded') then 'folded'
    else 'delivered' end
  from chartbell.step where delivery_id = $1
)
where id = $1 and ended_at is null
returning alert_id`;

/** What was being sent of these deliveries and never ended is an unknown outcome. `deliveries`: a statement that gives their ids. */
export const markUnknownOf = (deliveries: string): string => `
with unheard as (
  update chartbell.attempt set ended_at = now(), outcome = 'unknown'
  where ended_at is null and delivery_id in (${deliveries})
  returning delivery_id, position
)
update chartbell.step set status = 'unknown', unknown_attempts = unknown_attempts + 1
from (select distinct delivery_id, position from unheard) as unheard
where step.delivery_id = unheard.delivery_id and step.position = unheard.position and step.ended_at is null`;

/** Of these alerts; what waits belongs to the one that empties its backlog. */
export const markUnknown = markUnknownOf(
  "select id from chartbell.delivery where alert_id = any($1::uuid[]) and waiting_since is null",
);

export const alertsOf = `
select id, body, completed_at from chartbell.alert where id = any($1::uuid[]) order by sequence`;

export const deliveriesOf = `
select id, alert_id, plan, text, waiting_since, delayed_until, ended_at, outcome from chartbell.delivery where alert_id = any($1::uuid[])
order by sequence, position`;

export const stepsOf = `
select step.delivery_id, step.position, step.attempts, step.unknown_attempts, step.record, step.shot
from chartbell.step join chartbell.delivery on delivery.id = step.delivery_id
where delivery.alert_id = any($1::uuid[])
order by step.delivery_id, step.position`;

export const stepsOfDeliveries = `
select delivery_id, position, attempts, unknown_attempts, record, shot
from chartbell.step where delivery_id = any($1::uuid[])
order by delivery_id, position`;

export const giveUp = `
with open as (
  update chartbell.delivery
  set ended_at = now(), text_ended_at = coalesce(text_ended_at, now()), outcome = 'failed'
  where alert_id = $1 and ended_at is null and waiting_since is null and delayed_until is null
  returning id
), steps as (
  insert into chartbell.step (delivery_id, position, kind, status, record, ended_at)
  select id, 0, 'text', 'failed', $2::json, now() from open
  on conflict (delivery_id, position) do update
    set status = 'failed', record = excluded.record, ended_at = now() where step.ended_at is null
)
update chartbell.alert set completed_at = now() where id = $1 and completed_at is null`;
