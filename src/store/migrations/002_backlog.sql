-- A delivery waits in its channel's backlog while the channel cannot take it; one worker at a time empties a backlog.
alter table chartbell.delivery
  add column status text not null default 'OPEN',
  add column importance int not null default 0,
  add column waiting_since timestamptz,
  -- When a person asked for it to be sent again.
  add column retried_at timestamptz,
  -- What became of it, once it has ended.
  add column outcome text check (outcome in ('delivered', 'failed', 'unknown', 'folded', 'silent'));
update chartbell.delivery set outcome = 'delivered' where ended_at is not null;

create index delivery_waiting on chartbell.delivery (channel) where waiting_since is not null and ended_at is null;
create index delivery_open on chartbell.delivery (alert_id) where ended_at is null;
create index delivery_outcome on chartbell.delivery (outcome, sequence) where outcome in ('failed', 'unknown');
-- Of one key within a channel: which are before, and which after.
create index delivery_key on chartbell.delivery (channel, alert_key, sequence);
drop index chartbell.delivery_turn;

alter table chartbell.step drop constraint step_status_check;
alter table chartbell.step add constraint step_status_check
  check (status in ('sending', 'waiting', 'delivered', 'failed', 'unknown', 'folded'));

create table chartbell.backlog (
  channel text primary key,
  since timestamptz not null default now(),
  due_at timestamptz not null,
  failures int not null default 0,
  failure json,
  -- When the channel last took something that had waited.
  taken_at timestamptz,
  leased_by uuid,
  leased_until timestamptz
);
