import { z } from "zod";
import type { Alert } from "../core/alert.ts";
import { Extra, Recipient } from "../core/code.ts";
import type { ChannelFacts, Decided, Hooks } from "../core/code.ts";
import type { Plan } from "../core/delivery.ts";
import { AppError, messageOf } from "../core/errors.ts";
import { parseInput } from "../core/input.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import type { TextStep } from "../core/message.ts";
import { cutText, escapeHtml } from "../core/text.ts";
import { isTimeout, race } from "../core/wait.ts";
import { unknownName } from "./admit.ts";
import { branchName, branchOf, findChannel } from "./channel.ts";
import type { Channel } from "./channel.ts";
import type { Settings } from "./settings.ts";

/*
 * Where the operator's own code decides. It is asked once, at acceptance; what it decided is kept with the alert, so that a
 * message that is sent again after a crash is the same one. Its faults never cost an alert: the configuration holds then.
 */

const Recipients = z.array(Recipient).max(limits.recipientsMax).nullish();
const Message = z.string().max(limits.alertTextCharsMax).nullish();
const Extras = Extra.nullish();

interface CodeDeps {
  readonly settings: Settings;
  readonly log: Logger;
}

/** The plans that the routes made of an alert, as the code changes them. */
export async function decideInCode(alert: Alert, plans: readonly Plan[], deps: CodeDeps): Promise<readonly Plan[]> {
  const { code } = deps.settings;
  if (code.recipients === undefined && code.message === undefined && code.extra === undefined) return plans;
  const log = deps.log.child({ alertId: alert.id });
  const { plans: chosen, remark } = await choose(alert, plans, code, { ...deps, log });
  if (chosen.length === 0 && plans.length > 0) log.info("The code names no recipient: nothing is sent.");
  return await Promise.all(
    chosen.map(async (plan) => {
      const channel = findChannel(deps.settings.channels, plan.channel);
      if (channel === undefined) return plan;
      return await decide(alert, plan, factsOf(channel), remark, code, log);
    }),
  );
}

interface Chosen {
  readonly plans: readonly Plan[];
  readonly remark?: string;
}

async function choose(alert: Alert, plans: readonly Plan[], code: Hooks, deps: CodeDeps): Promise<Chosen> {
  const { recipients } = code;
  // Who names channels in the alert itself has decided.
  if (recipients === undefined || alert.channels !== undefined) return { plans };
  const asked = await ask(
    "recipients",
    async () => {
      const answer = parseInput(Recipients, await recipients(structuredClone(alert)));
      return answer === undefined || answer === null ? undefined : answer.map((one) => channelName(one, deps.settings));
    },
    deps.log,
  );
  if (asked.remark !== undefined) return { plans, remark: asked.remark };
  if (asked.answer === undefined) return { plans };
  const [first] = plans;
  // Whom no route named gets what the first one that matched would say.
  const model = { portals: first?.portals ?? alert.portals ?? [], text: first?.text };
  const names = [...new Set(asked.answer)];
  return { plans: names.map((channel) => plans.find((plan) => plan.channel === channel) ?? { ...model, channel }) };
}

/** The name of the channel for a recipient; throws channel_unknown, or delivery_rejected where it cannot be sent to. */
function channelName(recipient: Recipient, { channels }: Settings): string {
  const name = typeof recipient === "string" ? recipient : recipient.channel;
  const channel = channels.get(name);
  if (channel === undefined) throw unknownName("channel", name, [...channels.keys()]);
  if (typeof recipient === "string") return name;
  const target =
    "user" in recipient
      ? ({ kind: "user", idOrName: recipient.user } as const)
      : ({ kind: "room", idOrName: recipient.room } as const);
  if (branchOf(channel, target) !== undefined) return branchName(name, target);
  throw new AppError("channel_unknown", `The channel \`${name}\` cannot send to a ${target.kind}.`, {
    hint: "Name a channel of kind hipchat with apiVersion 2, for a user with a messageToken.",
  });
}

async function decide(
  alert: Alert,
  plan: Plan,
  channel: ChannelFacts,
  remark: string | undefined,
  { message, extra }: Hooks,
  log: Logger,
): Promise<Plan> {
  const about = log.child({ channel: plan.channel });
  const [said, more] = await Promise.all([
    ask("message", async () => parseInput(Message, await message?.(structuredClone(alert), channel)), about),
    ask("extra", async () => parseInput(Extras, await extra?.(structuredClone(alert), channel)), about),
  ]);
  const text = said.answer?.trim();
  if (text === "") {
    about.info("The code gives no text: nothing is sent.");
    return { ...plan, portals: [], decided: { text } };
  }
  const remarks = [remark, said.remark, more.remark].filter((one) => one !== undefined);
  const decided: Decided = {
    ...(text === undefined ? {} : { text }),
    ...(more.answer === undefined || more.answer === null ? {} : { extra: more.answer }),
    ...(remarks.length === 0 ? {} : { remark: remarks.join(" ") }),
  };
  return Object.keys(decided).length === 0 ? plan : { ...plan, decided };
}

interface Asked<Answer> {
  readonly answer?: Answer;
  readonly remark?: string;
}

/** Never throws: what went wrong is logged, and becomes a remark. */
async function ask<Answer>(name: keyof Hooks, work: () => Promise<Answer>, log: Logger): Promise<Asked<Answer>> {
  try {
    return { answer: await race(work(), AbortSignal.timeout(limits.codeMs)) };
  } catch (error) {
    const reason = isTimeout(error) ? `no answer within ${limits.codeMs / 1000} s` : reasonOf(error);
    log.error({ hook: name, reason }, "The code could not be asked; the configuration holds.");
    return { remark: `The code's \`${name}\` failed: ${cutText(reason, remarkCharsMax)}` };
  }
}

const remarkCharsMax = 300;

function reasonOf(error: unknown): string {
  const said = messageOf(error).split("\n", 1)[0] ?? "";
  return error instanceof AppError ? `${said} ${error.hint}` : said;
}

function factsOf({ name, destination: { format }, target }: Channel): ChannelFacts {
  return { name, format, ...(target === undefined ? {} : { [target.kind]: target.idOrName }) };
}

/** The channel as a message with these fields sees it. */
export function asDecided(channel: Channel, decided: Decided | undefined): Channel {
  const { color, notify, message_format: format } = decided?.extra ?? {};
  const destination = format === undefined ? channel.destination : { ...channel.destination, format };
  return { ...channel, destination, color: color ?? channel.color, notify: notify ?? channel.notify };
}

/** A composed text with what the code decided of it. */
export function withDecided(step: TextStep, decided: Decided | undefined): TextStep {
  if (decided === undefined) return step;
  const { text = step.text, remark } = decided;
  const { from, card } = decided.extra ?? {};
  const said = remark === undefined ? "" : ` (${step.format === "html" ? escapeHtml(remark) : remark})`;
  return {
    ...step,
    text: `${text}${said}`,
    ...(from === undefined ? {} : { from }),
    ...(card === undefined ? {} : { card }),
  };
}
