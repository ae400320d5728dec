-- What is left to do is counted at every scrape of the metrics: among the many that are done it must be found quickly.
create index alert_unhandled on chartbell.alert (accepted_at) where completed_at is null;
