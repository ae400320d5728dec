/** Runs one piece of work at a time, in the order of the calls. */
export type Lane = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** A lane in which each piece of work starts when the one before has ended, however it ended. */
export function createLane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return await turn;
  };
}
