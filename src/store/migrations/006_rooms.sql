create table chartbell.room (
  id int generated always as identity primary key,
  kind text not null check (kind in ('room', 'direct')),
  name text not null,
  topic text not null,
  privacy text not null check (privacy in ('public', 'private')),
  is_archived boolean not null,
  is_guest_accessible boolean not null,
  owner_id int not null,
  created_at timestamptz not null,
  -- Whoever adds a message holds this row until the message is committed: readers see sequences in their order.
  last_sequence bigint not null default 0,
  messages_sent bigint not null default 0,
  last_active_at timestamptz,
  unique (kind, name)
) with (fillfactor = 50);

create table chartbell.room_message (
  room_id int not null references chartbell.room on delete cascade,
  sequence bigint not null,
  id uuid not null unique,
  at timestamptz not null,
  body json not null,
  -- What is searched in: lower case, without markup.
  words text not null,
  primary key (room_id, sequence)
);
create index room_message_at on chartbell.room_message (room_id, at, sequence);

create table chartbell.room_file (
  id uuid primary key,
  number bigint generated always as identity unique,
  room_id int not null,
  sequence bigint not null,
  facts json not null,
  bytes int not null,
  body bytea not null,
  foreign key (room_id, sequence) references chartbell.room_message on delete cascade
);
create index room_file_message on chartbell.room_file (room_id, sequence);
-- Pictures are compressed already.
alter table chartbell.room_file alter column body set storage external;

create table chartbell.room_webhook (
  id int generated always as identity primary key,
  room_id int not null references chartbell.room on delete cascade,
  -- json: what others chose may hold a NUL.
  body json not null,
  created_at timestamptz not null
);
create index room_webhook_room on chartbell.room_webhook (room_id);

-- Made by an administrator: with a name. Handed out for a client's credentials: with an end.
create table chartbell.room_token (
  id int generated always as identity primary key,
  hash text not null unique check (hash ~ '^[0-9a-f]{64}$'),
  name text unique,
  scopes text[] not null,
  room_id int references chartbell.room on delete cascade,
  client text,
  created_at timestamptz not null,
  ends_at timestamptz,
  check ((name is null) = (ends_at is not null))
);
create index room_token_room on chartbell.room_token (room_id) where room_id is not null;
