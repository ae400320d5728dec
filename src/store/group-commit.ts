import { wait } from "../core/wait.ts";

const never = new AbortController().signal;

/** Something that waits to be committed. */
interface Waiting<Item> {
  readonly item: Item;
  readonly done: PromiseWithResolvers<void>;
}

interface GroupOptions<Item> {
  /** Commits all of them or none. */
  readonly commit: (items: readonly Item[]) => Promise<void>;
  /** Items of one commit at the most. */
  readonly max: number;
  /** Whether a failed commit says something about the database, and nothing about one of the items. */
  readonly isCommon: (error: unknown) => boolean;
  /** Milliseconds left between two commits, so that more share the second; for what nobody waits for. */
  readonly pauseMs?: number;
}

/**
 * Commits what comes while a commit is underway together with the next one: a disk that takes a millisecond for each commit
 * holds nobody up. Resolves when the item is committed, in the order of the calls. When a group fails because of one of its
 * items, each is tried on its own.
 */
export function createGroupCommit<Item>(options: GroupOptions<Item>): (item: Item) => Promise<void> {
  let waiting: Waiting<Item>[] = [];
  let isCommitting = false;
  const commitAll = async (): Promise<void> => {
    isCommitting = true;
    while (waiting.length > 0) {
      const group = waiting.slice(0, options.max);
      waiting = waiting.slice(options.max);
      await commitGroup(group, options);
      if (options.pauseMs !== undefined) await wait(options.pauseMs, never);
    }
    isCommitting = false;
  };
  return async (item) => {
    const done = Promise.withResolvers<void>();
    waiting.push({ item, done });
    if (!isCommitting) void commitAll();
    await done.promise;
  };
}

async function commitGroup<Item>(group: readonly Waiting<Item>[], options: GroupOptions<Item>): Promise<void> {
  try {
    await options.commit(group.map(({ item }) => item));
    for (const { done } of group) done.resolve();
  } catch (error) {
    if (group.length === 1 || options.isCommon(error)) {
      for (const { done } of group) done.reject(error);
      return;
    }
    for (const one of group) await commitGroup([one], options);
  }
}
