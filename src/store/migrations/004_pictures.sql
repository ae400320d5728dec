-- A row is announced before its bytes are written and confirmed after: stored_at is null for what is not whole.
create table chartbell.picture (
  sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  media_type text not null,
  bytes int not null,
  width int not null,
  height int not null,
  backend text not null check (backend in ('files', 'database', 's3')),
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  stored_at timestamptz
);
create index picture_last_used on chartbell.picture (last_used_at);

-- Without a reference to chartbell.picture: a picture and its bytes are not deleted in one transaction.
create table chartbell.picture_blob (
  sha256 text primary key,
  body bytea not null
);
-- Pictures are compressed already.
alter table chartbell.picture_blob alter column body set storage external;

-- target_key: a hash of everything that makes two shots of a portal the same picture.
create table chartbell.last_good (
  target_key text primary key,
  portal text not null,
  sha256 text not null,
  taken_at timestamptz not null
);
create index last_good_picture on chartbell.last_good (sha256);
create index last_good_taken on chartbell.last_good (taken_at);

alter table chartbell.step add column picture text;
create index step_picture on chartbell.step (picture) where picture is not null;

-- What alerts are looked up by; of an alert with a NUL in it, which json cannot be asked about, only since this schema.
alter table chartbell.alert add column status text, add column rule text;
update chartbell.alert set status = body ->> 'status', rule = body ->> 'rule' where position('\u0000' in body::text) = 0;
create index alert_status on chartbell.alert (status, sequence);
create index alert_rule on chartbell.alert (rule text_pattern_ops, sequence);
create index alert_completed on chartbell.alert (completed_at) where completed_at is not null;
create index idempotency_key_created on chartbell.idempotency_key (created_at);
