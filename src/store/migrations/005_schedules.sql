create table chartbell.schedule (
  name text primary key,
  -- Expression, zone and whether it is enabled, in one text; with another one the schedule begins anew.
  times text not null,
  known_since timestamptz not null,
  last_due_at timestamptz,
  last_run_at timestamptz,
  last_alert_id uuid
);
