/** Runs one piece of work at a time, in the order of the calls. */
export interface Lane {
  /** How many calls have not ended. */
  readonly waiting: number;
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** A lane in which each piece of work starts when the one before has ended, however it ended. */
export function createLane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    get waiting() {
      return waiting;
    },
    async run(work) {
      waiting++;
      const turn = last.then(work, work);
      last = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        waiting--;
      }
    },
  };
}
