import type { Alert } from "../core/alert.ts";
import { foldedRecord } from "../core/delivery.ts";
import { AppError } from "../core/errors.ts";
import type { Step, TextStep } from "../core/message.ts";
import { wait } from "../core/wait.ts";
import type { Backlog, Hold, Store, WaitingDelivery } from "../store/contract.ts";
import { findChannel } from "./channel.ts";
import type { Channel } from "./channel.ts";
import { withEarlier } from "./compose.ts";
import { deliverWaiting, idAtDestination } from "./deliver.ts";
import type { DeliverDeps, StepOrder } from "./deliver.ts";
import { orderOf, picturesOf, recordDisabled, recordGone, textOf } from "./delivery.ts";
import type { ComingPicture } from "./delivery.ts";
import { about, observeStep } from "./observe.ts";
import type { PictureDeps, PreparedPicture } from "./picture.ts";

/*
 * What waits for a channel that could not take it. The most important goes first; of each alert only the newest state is
 * said, with a line about the earlier ones; pictures come after all texts, and those of states that are over are left out.
 */

export interface BacklogDeps extends DeliverDeps, PictureDeps {
  readonly store: Store;
  readonly channels: ReadonlyMap<string, Channel>;
}

/** How often a picture that is still being taken looks whether a text has come, milliseconds. */
const textPollMs = 250;
/** Deliveries whose pictures are taken ahead of their turn; more would not fit into memory in a storm. */
const picturesAhead = 4;

/** Says what waits until nothing does or the channel takes no more; then why and for how long to leave it alone. */
export async function emptyBacklog(
  backlog: Backlog,
  deps: BacklogDeps,
  signal: AbortSignal,
): Promise<Hold | undefined> {
  const channel = findChannel(deps.channels, backlog.channel);
  const left = new AbortController();
  const emptying = new Emptying(backlog, channel, deps, AbortSignal.any([signal, left.signal]));
  try {
    return await emptying.run();
  } finally {
    left.abort(new AppError("cancelled", "The channel takes nothing at the moment; its pictures wait."));
  }
}

class Emptying {
  readonly #backlog: Backlog;
  readonly #channel: Channel | undefined;
  readonly #deps: BacklogDeps;
  readonly #signal: AbortSignal;
  /** By delivery: pictures that are being taken while texts are said. */
  readonly #coming = new Map<string, readonly ComingPicture[]>();
  #failures: number;

  constructor(backlog: Backlog, channel: Channel | undefined, deps: BacklogDeps, signal: AbortSignal) {
    this.#backlog = backlog;
    this.#channel = channel;
    this.#deps = deps;
    this.#signal = signal;
    this.#failures = backlog.failures;
  }

  async run(): Promise<Hold | undefined> {
    for (;;) {
      const waiting = await this.#backlog.next();
      if (waiting.length === 0) return undefined;
      this.#beginPictures(waiting);
      for (const delivery of waiting) {
        const isText = isTextOpen(delivery);
        const hold = await this.#say(delivery);
        if (hold !== undefined) return hold;
        this.#failures = 0;
        // A text may have come while a picture was taken.
        if (!isText) break;
      }
    }
  }

  /** Once no text waits: of the next few, so that one capture serves those who want the same, and one is taken while another is sent. */
  #beginPictures(waiting: readonly WaitingDelivery[]): void {
    if (this.#channel?.enabled !== true || waiting.some(isTextOpen)) return;
    for (const delivery of waiting.slice(0, picturesAhead)) this.#picturesOf(delivery, this.#channel);
  }

  async #say(delivery: WaitingDelivery): Promise<Hold | undefined> {
    const { store, portals } = this.#deps;
    if (this.#channel === undefined) {
      await recordGone(delivery, about(delivery.alert, this.#deps));
      return undefined;
    }
    if (!this.#channel.enabled) {
      await recordDisabled(delivery, about(delivery.alert, this.#deps));
      return undefined;
    }
    const text = textOf(delivery.alert, delivery, this.#channel, portals);
    if (isTextOpen(delivery) && text.text !== "") {
      const hold = await this.#sayText(text, delivery, this.#channel);
      // Its pictures are begun when their turn has come: a storm's would not fit into memory.
      if (hold !== undefined || lacksPictures(delivery, this.#channel)) return hold;
    } else {
      const hold = await this.#sayPictures(delivery, this.#channel);
      if (hold !== undefined) return hold === "later" ? undefined : hold;
    }
    await store.endDelivery(delivery.id, text.text);
    return undefined;
  }

  async #sayText(text: TextStep, delivery: WaitingDelivery, channel: Channel): Promise<Hold | undefined> {
    const { alert, earlier, dueSince } = delivery;
    const order = { ...orderOf(alert, delivery, 0, text), dueSince, folded: earlier.deliveryIds };
    return await this.#deliver(withEarlier(text, earlier), channel, order, alert);
  }

  /** `later` when a text has come meanwhile: it goes first. */
  async #sayPictures(delivery: WaitingDelivery, channel: Channel): Promise<Hold | "later" | undefined> {
    const { alert, dueSince, supersededBy } = delivery;
    for (const { position, prepared } of this.#picturesOf(delivery, channel)) {
      const ready = await this.#unlessTextComes(prepared);
      if (ready === undefined) return "later";
      const order = { ...orderOf(alert, delivery, position, ready.step, ready.record), dueSince };
      const hold = await this.#deliver(ready.step, channel, order, alert);
      if (hold !== undefined) return hold;
    }
    if (supersededBy !== undefined) await foldPictures(delivery, supersededBy, about(alert, this.#deps));
    this.#coming.delete(delivery.id);
    return undefined;
  }

  async #deliver(step: Step, channel: Channel, order: StepOrder, alert: Alert): Promise<Hold | undefined> {
    return await deliverWaiting(step, channel, order, this.#failures, about(alert, this.#deps), this.#signal);
  }

  #picturesOf(delivery: WaitingDelivery, channel: Channel): readonly ComingPicture[] {
    const { id, alert, supersededBy } = delivery;
    if (supersededBy !== undefined) return [];
    const coming = this.#coming.get(id) ?? picturesOf(alert, delivery, channel, about(alert, this.#deps), this.#signal);
    this.#coming.set(id, coming);
    return coming;
  }

  async #unlessTextComes(prepared: Promise<PreparedPicture>): Promise<PreparedPicture | undefined> {
    for (;;) {
      const ready = await Promise.race([prepared, wait(textPollMs, this.#signal)]);
      if (ready !== undefined) return ready;
      const [first] = await this.#backlog.next();
      if (first === undefined || isTextOpen(first)) return undefined;
    }
  }
}

function lacksPictures({ plan, steps }: WaitingDelivery, { destination }: Channel): boolean {
  return destination.pictures.taken && plan.portals.some((_, index) => steps.get(index + 1)?.record === undefined);
}

function isTextOpen({ steps }: WaitingDelivery): boolean {
  return steps.get(0)?.record === undefined;
}

/** The state that the pictures would show is over, and the room has been told. */
async function foldPictures(
  { id, plan, steps }: WaitingDelivery,
  foldedInto: string,
  deps: BacklogDeps,
): Promise<void> {
  for (const position of plan.portals.keys()) {
    if (steps.get(position + 1)?.record !== undefined) continue;
    const record = foldedRecord("picture", foldedInto);
    const name = { deliveryId: id, position: position + 1, kind: "picture" } as const;
    await deps.store.endStep(name, record, undefined);
    observeStep(record, { channel: plan.channel, deliveryId: idAtDestination(name), attempts: 0 }, name, deps);
  }
}
