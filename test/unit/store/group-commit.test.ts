import { expect, test } from "vitest";
import { createGroupCommit } from "../../../src/store/group-commit.ts";

/* What comes while a commit is underway is committed together, and one bad item harms no other. */

const away = new Error("away");

/** Commits that end when the test says so; `bad` items make a commit fail. */
function openGroup(max = 3) {
  const commits: { readonly items: readonly string[]; readonly end: (error?: Error) => void }[] = [];
  const add = createGroupCommit<string>({
    max,
    isCommon: (error) => error === away,
    async commit(items) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const end = (error?: Error): void => (error === undefined ? resolve() : reject(error));
      commits.push({ items, end });
      await promise;
    },
  });
  const committed = async (index: number, items: readonly string[]): Promise<void> => {
    await expect.poll(() => commits[index]?.items).toEqual(items);
  };
  return { add, commits, committed };
}

test("the first goes at once, what comes meanwhile goes together and in order, at most so many at a time", async () => {
  const { add, commits, committed } = openGroup();
  const all = Promise.all(["a", "b", "c", "d", "e"].map(add));
  await committed(0, ["a"]);
  commits[0]?.end();
  await committed(1, ["b", "c", "d"]);
  commits[1]?.end();
  await committed(2, ["e"]);
  commits[2]?.end();
  await all;
  const later = add("f");
  await committed(3, ["f"]);
  commits[3]?.end();
  await later;
});

test("a group that fails because of one of its items is committed one by one", async () => {
  const { add, commits, committed } = openGroup();
  const results = Promise.allSettled(["a", "b", "bad", "d"].map(add));
  await committed(0, ["a"]);
  commits[0]?.end();
  await committed(1, ["b", "bad", "d"]);
  commits[1]?.end(new Error("one of them"));
  for (const [index, item] of ["b", "bad", "d"].entries()) {
    await committed(2 + index, [item]);
    commits[2 + index]?.end(item === "bad" ? new Error("this one") : undefined);
  }
  const outcomes = (await results).map((one) => (one.status === "fulfilled" ? "done" : String(one.reason)));
  expect(outcomes).toEqual(["done", "done", "Error: this one", "done"]);
});

test("when the database is away all of the group hear of it, and nothing is tried one by one", async () => {
  const { add, commits, committed } = openGroup();
  const results = Promise.allSettled(["a", "b", "c"].map(add));
  await committed(0, ["a"]);
  commits[0]?.end();
  await committed(1, ["b", "c"]);
  commits[1]?.end(away);
  expect((await results).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  expect(commits).toHaveLength(2);
});
