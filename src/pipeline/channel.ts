import type { Color } from "../core/message.ts";
import type { Destination } from "../destinations/contract.ts";

/** A configured channel, open and ready to be sent to. */
export interface Channel {
  readonly name: string;
  readonly destination: Destination;
  readonly color: Color | "auto";
  readonly notify: boolean | "auto";
  /** Runs one piece of work at a time, in the order of the calls, so that messages never overtake each other. */
  readonly inOrder: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** A lane in which each piece of work starts when the one before has ended, however it ended. */
export function createLane(): Channel["inOrder"] {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return await turn;
  };
}
