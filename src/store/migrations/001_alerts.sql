-- json, not jsonb, wherever words from outside are kept: jsonb refuses the escape of NUL, and an alert is never refused for that.
create table chartbell.alert (
  id uuid primary key,
  sequence bigint generated always as identity unique,
  body json not null,
  accepted_at timestamptz not null,
  completed_at timestamptz
);

create table chartbell.idempotency_key (
  key text primary key,
  alert_ids uuid[] not null,
  created_at timestamptz not null default now()
);

create table chartbell.delivery (
  id uuid primary key,
  alert_id uuid not null references chartbell.alert on delete cascade,
  sequence bigint not null,
  position int not null,
  channel text not null,
  plan json not null,
  -- Alerts of one key keep their order within a channel: a CANCEL waits until its OPEN has said its text.
  alert_key text not null,
  text json,
  text_ended_at timestamptz,
  ended_at timestamptz,
  unique (alert_id, position)
);
create index delivery_turn on chartbell.delivery (channel, alert_key, sequence) where text_ended_at is null;

create table chartbell.step (
  delivery_id uuid not null references chartbell.delivery on delete cascade,
  position int not null,
  kind text not null check (kind in ('text', 'picture')),
  status text not null check (status in ('sending', 'waiting', 'delivered', 'failed', 'unknown')),
  attempts int not null default 0,
  unknown_attempts int not null default 0,
  record json,
  shot json,
  ended_at timestamptz,
  primary key (delivery_id, position)
);

create table chartbell.attempt (
  id bigint generated always as identity primary key,
  delivery_id uuid not null,
  position int not null,
  began_at timestamptz not null default now(),
  ended_at timestamptz,
  outcome text check (outcome in ('delivered', 'failed', 'unknown')),
  failure json,
  foreign key (delivery_id, position) references chartbell.step on delete cascade
);
create index attempt_of_step on chartbell.attempt (delivery_id, position);
