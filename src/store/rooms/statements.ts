/** The statements of rooms; each that writes may be repeated when its answer was lost. */

/** The channel of LISTEN and NOTIFY on which processes tell each other of rooms; what is said is in news.ts. */
export const newsChannel = "chartbell_room";

const roomColumns = `
room.id, kind, name, topic, privacy, is_archived, is_guest_accessible, owner_id, room.created_at`;

export const rooms = `select ${roomColumns} from chartbell.room order by id`;

export const roomById = `select ${roomColumns} from chartbell.room where id = $1`;

export const roomByName = `select ${roomColumns} from chartbell.room where kind = $1 and name = $2`;

export const countRooms = "select count(*)::int as count from chartbell.room";

export const missingRooms = `
select name from unnest($1::text[]) with ordinality as given (name, position)
where not exists (select from chartbell.room where kind = 'room' and room.name = given.name) order by position`;

export const addRoom = `
insert into chartbell.room (kind, name, topic, privacy, is_archived, is_guest_accessible, owner_id, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${roomColumns}`;

export const updateRoom = `
update chartbell.room set name = $2, topic = $3, privacy = $4, is_archived = $5, is_guest_accessible = $6, owner_id = $7
where id = $1 returning ${roomColumns}`;

export const removeRoom = "delete from chartbell.room where id = $1";

/** The direct room whose last word, or whose making, is longest ago. */
export const removeSilent = `
delete from chartbell.room where id = (
  select id from chartbell.room where kind = 'direct' order by coalesce(last_active_at, created_at), id limit 1
) returning id`;

export const statistics = `
select messages_sent::float8 as messages_sent, last_active_at from chartbell.room where id = $1`;

const messageColumns = "message.room_id, message.sequence::float8 as sequence, message.id, message.at, message.body";

export const overview = `
select ${roomColumns}, room.messages_sent::float8 as messages_sent, room.last_active_at,
  message.sequence::float8 as sequence, message.id as message_id, message.at, message.body
from chartbell.room
left join lateral (
  select * from chartbell.room_message as last where last.room_id = room.id order by last.sequence desc limit 1
) as message on true
order by room.id`;

/**
 * $1 rooms, $2 ids, $3 times, $4 bodies, $5 words of messages in their order; $6: messages that a room keeps; $7: what
 * other processes are told, nothing when it is empty. Gives the sequence of each that is new; nothing for one that was there already or whose room is gone. The rows of the rooms are
 * locked in the order of their numbers, or two processes could wait for each other.
 */
export const append = `
with given as (
  select * from unnest($1::int[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[])
    with ordinality as given (room_id, id, at, body, words, position)
  where not exists (select from chartbell.room_message as known where known.id = given.id)
), locked as materialized (
  select id from chartbell.room where id in (select room_id from given) order by id for update
), counted as (
  select room_id, count(*) as count, max(at) as at from given join locked on locked.id = given.room_id group by room_id
), raised as (
  update chartbell.room
  set last_sequence = last_sequence + counted.count,
    messages_sent = messages_sent + counted.count,
    last_active_at = greatest(last_active_at, counted.at)
  from counted where room.id = counted.room_id
  returning room.id, room.last_sequence, room.last_sequence - counted.count as base
), pushed_out as (
  delete from chartbell.room_message as message using raised
  where message.room_id = raised.id and message.sequence <= raised.last_sequence - $6
)
insert into chartbell.room_message (room_id, sequence, id, at, body, words)
select given.room_id, raised.base + row_number() over (partition by given.room_id order by given.position),
  given.id, given.at, given.body::json, given.words
from given join raised on raised.id = given.room_id
on conflict (id) do nothing
returning id, sequence::float8 as sequence,
  case when $7::text <> '' then (select pg_notify('${newsChannel}', $7))::text end as told`;

export const addFile = `
insert into chartbell.room_file (id, room_id, sequence, facts, bytes, body) values ($1, $2, $3, $4, $5, $6)`;

/** The oldest files beyond $1 bytes in all. */
export const pushOutFiles = `
delete from chartbell.room_file where number <= (
  select number from (
    select number, sum(bytes::bigint) over (order by number desc) as total from chartbell.room_file
  ) as summed
  where total > $1 order by number desc limit 1
)`;

export const tellNews = `select pg_notify('${newsChannel}', $1)`;

export const newest = `
select ${messageColumns} from chartbell.room_message as message
where room_id = $1 and sequence < $2
order by sequence desc offset $3 limit $4`;

export const newestBetween = `
select ${messageColumns} from chartbell.room_message as message
where room_id = $1 and sequence < $2 and at >= $5 and at <= $6
order by at desc, sequence desc offset $3 limit $4`;

export const after = `
select ${messageColumns} from chartbell.room_message as message
where room_id = $1 and sequence > $2 order by sequence limit $3`;

export const messageById = `
select ${messageColumns} from chartbell.room_message as message where id = $2 and room_id = $1`;

export const messagesByIds = `
select ${messageColumns} from chartbell.room_message as message where id = any($1::uuid[])`;

export const bounds = `
select room.last_sequence::float8 as last,
  (select min(sequence)::float8 from chartbell.room_message where room_id = room.id) as first
from chartbell.room where id = $1`;

/** \`position\` is neither a pattern nor of any language: it finds what was typed. */
export const search = `
select ${messageColumns} from chartbell.room_message as message
where room_id = $1 and sequence >= $2 and sequence < $3
  and not exists (select from unnest($4::text[]) as word where position(word in message.words) = 0)
order by sequence desc limit $5`;

export const file = "select room_id, facts, body from chartbell.room_file where id = $1";

export const keptFiles = "select id from chartbell.room_file where id = any($1::uuid[])";

export const webhooks = "select id, room_id, body, created_at from chartbell.room_webhook order by id";

/** $4: webhooks of a room, $5: of all rooms. */
export const addWebhook = `
insert into chartbell.room_webhook (room_id, body, created_at)
select room.id, $2::json, $3 from chartbell.room
where room.id = $1
  and (select count(*) from chartbell.room_webhook where room_id = $1) < $4
  and (select count(*) from chartbell.room_webhook) < $5
returning id, room_id, body, created_at`;

export const removeWebhook = "delete from chartbell.room_webhook where id = $1";

const tokenColumns = "id, name, scopes, room_id, client, created_at, ends_at, hash";

export const madeTokens = `select ${tokenColumns} from chartbell.room_token where name is not null order by id`;

export const tokenByHash = `select ${tokenColumns} from chartbell.room_token where hash = $1`;

export const countTokens = "select count(*)::int as count from chartbell.room_token where name is not null";

export const makeToken = `
insert into chartbell.room_token (hash, name, scopes, room_id, created_at) values ($1, $2, $3, $4, $5)
returning ${tokenColumns}`;

/** With the sessions that were opened with it. */
export const revokeToken = `
with gone as (delete from chartbell.room_token where name = $1 returning id, hash), sessions as (
  delete from chartbell.room_token using gone where room_token.client = gone.hash
)
select id from gone`;

export const openSession = `
insert into chartbell.room_token (hash, scopes, client, created_at, ends_at) values ($1, $2, $3, $4, $5)
on conflict (hash) do nothing`;

/** Those that have ended by $1, and the oldest beyond $2. */
export const clearSessions = `
delete from chartbell.room_token where ends_at <= $1 or (
  ends_at is not null
  and id <= (select id from chartbell.room_token where ends_at is not null order by id desc offset $2 limit 1)
)`;
