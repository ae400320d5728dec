/** What the server saw of one load of a page, by the id in its URL. */
export interface Load {
  /** When the last byte of data that the page needs went out; `performance.now()` of this process. */
  readonly lastDataMs: number | undefined;
  /** How many answers were sent, polls not counted. */
  readonly answers: number;
}

export interface Journal {
  of(id: string): Load;
  /** One answer with data went out. What the page has had before (a poll) is not counted. */
  note(id: string, what: string): void;
}

export function createJournal(): Journal {
  const loads = new Map<string, { lastDataMs: number; readonly seen: Set<string> }>();
  return {
    of(id) {
      const load = loads.get(id);
      return { lastDataMs: load?.lastDataMs, answers: load?.seen.size ?? 0 };
    },
    note(id, what) {
      const nowMs = performance.now();
      const load = loads.get(id) ?? { lastDataMs: nowMs, seen: new Set<string>() };
      loads.set(id, load);
      if (load.seen.has(what)) return;
      load.seen.add(what);
      load.lastDataMs = nowMs;
    },
  };
}
