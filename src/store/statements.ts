/** The store's statements; each is one round trip and may be repeated when its answer was lost. */

export const accept = `
with alerts as (
  insert into chartbell.alert (id, body, accepted_at, status, rule)
  select id, body::json, accepted_at, status, rule
  from unnest($1::uuid[], $2::text[], $3::timestamptz[], $11::text[], $12::text[])
    with ordinality as input (id, body, accepted_at, status, rule, place)
  order by place
  on conflict (id) do nothing
  returning id, sequence
), deliveries as (
  insert into chartbell.delivery (id, alert_id, sequence, position, channel, plan, alert_key)
  select input.id, alerts.id, alerts.sequence, input.position, input.channel, input.plan::json, input.alert_key
  from unnest($4::uuid[], $5::uuid[], $6::int[], $7::text[], $8::text[], $9::text[])
    as input (id, alert_id, position, channel, plan, alert_key)
  join alerts on alerts.id = input.alert_id
)
select pg_notify($10, '')`;

/** Returns a row when the step may be sent: every earlier alert of its key has said its text in this channel. */
export const beginAttempt = `
with own as (
  select id, channel, alert_key, sequence from chartbell.delivery where id = $1
), turn as (
  select own.id from own where not exists (
    select from chartbell.delivery earlier
    where earlier.channel = own.channel and earlier.alert_key = own.alert_key
      and earlier.sequence < own.sequence and earlier.text_ended_at is null
  )
), step as (
  insert into chartbell.step (delivery_id, position, kind, status, attempts)
  select id, $2, $3, 'sending', 1 from turn
  on conflict (delivery_id, position) do update
    set status = 'sending', kind = excluded.kind, attempts = step.attempts + 1
    where step.ended_at is null
  returning delivery_id, position
)
insert into chartbell.attempt (delivery_id, position) select delivery_id, position from step
returning true as began`;

export const endAttempt = `
with attempt as (
  update chartbell.attempt set ended_at = now(), outcome = 'failed', failure = $3::json
  where delivery_id = $1 and position = $2 and ended_at is null
)
update chartbell.step set status = 'waiting', attempts = attempts - $4::int
where delivery_id = $1 and position = $2 and status = 'sending'`;

export const endStep = `
with attempt as (
  update chartbell.attempt set ended_at = now(), outcome = $4, failure = $7::json
  where delivery_id = $1 and position = $2 and ended_at is null
), said as (
  update chartbell.delivery set text_ended_at = now() where id = $1 and $2 = 0 and text_ended_at is null
)
insert into chartbell.step (delivery_id, position, kind, status, record, shot, ended_at)
values ($1, $2, $3, $4, $5::json, $6::json, now())
on conflict (delivery_id, position) do update
  set kind = excluded.kind, status = excluded.status, record = excluded.record, shot = excluded.shot, ended_at = now()
  where step.ended_at is null`;

export const endDelivery = `
update chartbell.delivery
set text = $2::json, ended_at = now(), text_ended_at = coalesce(text_ended_at, now())
where id = $1 and ended_at is null`;

export const markUnknown = `
with unheard as (
  update chartbell.attempt set ended_at = now(), outcome = 'unknown'
  where ended_at is null and delivery_id in (select id from chartbell.delivery where alert_id = any($1::uuid[]))
  returning delivery_id, position
)
update chartbell.step set status = 'unknown', unknown_attempts = unknown_attempts + 1
from (select distinct delivery_id, position from unheard) as unheard
where step.delivery_id = unheard.delivery_id and step.position = unheard.position and step.ended_at is null`;

export const alertsOf = `
select id, body, completed_at from chartbell.alert where id = any($1::uuid[]) order by sequence`;

export const deliveriesOf = `
select id, alert_id, plan, text, ended_at from chartbell.delivery where alert_id = any($1::uuid[])
order by sequence, position`;

export const stepsOf = `
select step.delivery_id, step.position, step.attempts, step.unknown_attempts, step.record, step.shot
from chartbell.step join chartbell.delivery on delivery.id = step.delivery_id
where delivery.alert_id = any($1::uuid[])
order by step.delivery_id, step.position`;

export const giveUp = `
with open as (
  update chartbell.delivery
  set ended_at = now(), text_ended_at = coalesce(text_ended_at, now())
  where alert_id = $1 and ended_at is null
  returning id
), steps as (
  insert into chartbell.step (delivery_id, position, kind, status, record, ended_at)
  select id, 0, 'text', 'failed', $2::json, now() from open
  on conflict (delivery_id, position) do update
    set status = 'failed', record = excluded.record, ended_at = now() where step.ended_at is null
)
update chartbell.alert set completed_at = now() where id = $1 and completed_at is null`;
