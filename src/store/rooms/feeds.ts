import type { Message } from "../../core/room.ts";
import { limits } from "../../core/limits.ts";

/** The newest messages of rooms that somebody watches: read once, however many watch. */
export interface Feeds {
  /** The messages after `sequence` that are known here; undefined where they have to be read from the database. */
  after(roomId: number, sequence: number, count: number): Promise<readonly Message[] | undefined>;
  arrival(roomId: number, sequence: number, signal: AbortSignal): Promise<void>;
  /** There may be something new in these rooms. */
  heard(roomIds: readonly number[]): void;
  /** The same, of all rooms. */
  heardOfAll(): void;
  /** The room is gone: nobody waits for it any longer. */
  forget(roomId: number): void;
}

interface Feed {
  /** Every message after `from` and up to `last`. */
  messages: readonly Message[];
  from: number;
  last: number;
  /** The reading that is underway, and whether another must follow it. */
  reading: Promise<void> | undefined;
  isStale: boolean;
  usedMs: number;
  readonly waiters: Set<() => void>;
}

type ReadAfter = (roomId: number, sequence: number, count: number) => Promise<readonly Message[]>;

/** `read` reads from the database; what it throws is left to those who ask the database themselves. */
export function createFeeds(read: ReadAfter): Feeds {
  const feeds = new Map<number, Feed>();

  const renew = (roomId: number, feed: Feed): void => {
    feed.isStale = true;
    feed.reading ??= readAll(roomId, feed, read).finally(() => {
      feed.reading = undefined;
    });
  };
  const heard = (roomId: number): void => {
    const feed = feeds.get(roomId);
    if (feed === undefined) return;
    const isUnused = feed.waiters.size === 0 && performance.now() - feed.usedMs > limits.roomFeedUnusedMs;
    if (isUnused) feeds.delete(roomId);
    else renew(roomId, feed);
  };
  const open = (roomId: number, sequence: number): Feed => {
    const feed: Feed = {
      messages: [],
      from: sequence,
      last: sequence,
      reading: undefined,
      isStale: false,
      usedMs: 0,
      waiters: new Set(),
    };
    feeds.set(roomId, feed);
    renew(roomId, feed);
    return feed;
  };

  return {
    async after(roomId, sequence, count) {
      const feed = feeds.get(roomId);
      await feed?.reading;
      if (feed === undefined || sequence < feed.from || sequence >= feed.last) return undefined;
      const first = feed.messages.findLastIndex((message) => message.sequence <= sequence) + 1;
      return feed.messages.slice(first, first + count);
    },
    async arrival(roomId, sequence, signal) {
      const feed = feeds.get(roomId) ?? open(roomId, sequence);
      feed.usedMs = performance.now();
      if (feed.last > sequence || signal.aborted) return;
      await nextNews(feed, signal);
    },
    heard: (roomIds) => {
      for (const id of roomIds) heard(id);
    },
    heardOfAll: () => {
      for (const id of feeds.keys()) heard(id);
    },
    forget(roomId) {
      const feed = feeds.get(roomId);
      feeds.delete(roomId);
      if (feed !== undefined) wakeAll(feed);
    },
  };
}

async function readAll(roomId: number, feed: Feed, read: ReadAfter): Promise<void> {
  while (feed.isStale) {
    feed.isStale = false;
    const found = await read(roomId, feed.last, limits.roomFeedMessages).catch(() => undefined);
    if (found === undefined) {
      // Those who wait ask the database themselves, and tell their readers what it says.
      wakeAll(feed);
      return;
    }
    if (found.length === 0) continue;
    feed.isStale ||= found.length === limits.roomFeedMessages;
    keep(feed, found);
    wakeAll(feed);
  }
}

function keep(feed: Feed, found: readonly Message[]): void {
  const all = [...feed.messages, ...found];
  const kept = all.slice(-limits.roomFeedMessages);
  feed.from = all[all.length - kept.length - 1]?.sequence ?? feed.from;
  feed.last = found.at(-1)?.sequence ?? feed.last;
  feed.messages = kept;
}

function wakeAll(feed: Feed): void {
  for (const wake of feed.waiters) wake();
}

async function nextNews(feed: Feed, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => {
    feed.waiters.delete(wake);
    signal.removeEventListener("abort", wake);
    resolve();
  };
  feed.waiters.add(wake);
  signal.addEventListener("abort", wake, { once: true });
  await promise;
}
