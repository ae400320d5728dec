/** The statements of kept pictures; each may be repeated when its answer was lost. */

export const announcePicture = `
insert into chartbell.picture (sha256, media_type, bytes, width, height, backend, created_at, last_used_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)
on conflict (sha256) do update
  set last_used_at = greatest(picture.last_used_at, excluded.last_used_at),
    backend = case when picture.stored_at is null then excluded.backend else picture.backend end
returning backend, stored_at is not null as is_stored`;

export const confirmPicture = `
update chartbell.picture set stored_at = $3, backend = $2 where sha256 = $1`;

export const storedPicture = `
select media_type, width, height, backend from chartbell.picture where sha256 = $1 and stored_at is not null`;

export const retirePicture = `
update chartbell.picture set stored_at = null where sha256 = $1`;

export const noteStep = `
insert into chartbell.step (delivery_id, position, kind, status, shot, picture)
values ($1, $2, 'picture', 'waiting', $3::json, $4)
on conflict (delivery_id, position) do update set shot = excluded.shot, picture = excluded.picture
  where step.ended_at is null`;

export const putLastGood = `
insert into chartbell.last_good (target_key, portal, sha256, taken_at) values ($1, $2, $3, $4)
on conflict (target_key) do update
  set portal = excluded.portal, sha256 = excluded.sha256, taken_at = excluded.taken_at
  where last_good.taken_at < excluded.taken_at`;

export const lastGood = `
select sha256, taken_at from chartbell.last_good where target_key = $1`;

/** A step that has not ended may still send its picture. */
const isWanted = `exists (
  select from chartbell.step join chartbell.delivery on delivery.id = step.delivery_id
  where step.picture = picture.sha256 and step.ended_at is null and delivery.ended_at is null
)`;

/** Taken last before $1. */
export const retireOld = `
update chartbell.picture set stored_at = null where sha256 in (
  select sha256 from chartbell.picture
  where stored_at is not null and last_used_at < $1 and not ${isWanted}
  order by last_used_at limit $2
) and last_used_at < $1 returning sha256`;

/** Known to no step and no portal; $1: not before it could have been noted. */
export const retireUnreferenced = `
update chartbell.picture set stored_at = null where sha256 in (
  select sha256 from chartbell.picture
  where stored_at is not null and last_used_at < $1
    and not exists (select from chartbell.step where step.picture = picture.sha256)
    and not exists (select from chartbell.last_good where last_good.sha256 = picture.sha256)
  limit $2
) and last_used_at < $1 returning sha256`;

/** Beyond $1 bytes in all, the oldest first. */
export const retireBeyond = `
with ranked as (
  select sha256, last_used_at, sum(bytes::bigint) over (order by last_used_at desc, sha256) as total
  from chartbell.picture where stored_at is not null
)
update chartbell.picture set stored_at = null where sha256 in (
  select sha256 from ranked as picture where total > $1 and not ${isWanted} order by last_used_at limit $2
) returning sha256`;

/** Rows whose bytes are to be removed before this is committed; a picture that is being written again waits for that. */
export const buryPictures = `
delete from chartbell.picture where sha256 in (
  select sha256 from chartbell.picture where stored_at is null and last_used_at < $1
  order by last_used_at limit $2 for update skip locked
) and stored_at is null and last_used_at < $1 returning sha256, backend`;

export const filesAmong = `
select sha256 from chartbell.picture where sha256 = any($1::text[]) and backend = 'files'`;

export const forgetLastGood = `
delete from chartbell.last_good where target_key in (
  select target_key from chartbell.last_good where taken_at < $1 limit $2
) returning target_key`;
