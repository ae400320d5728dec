import { z } from "zod";
import { parseInput } from "../core/input.ts";
import { one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import { fit } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { severityOf } from "./severity.ts";

/*
 * Payara's text notifications, as its HipChat notifier posts them (text/plain; HipchatNotificationRunnable of
 * payara-server-5.2020.4): `SUBJECT. (host:H, server:S, domain:D,instance:I)`, a line feed, the message.
 */

const head =
  /^(?<subject>.{1,1000}?)\. \(host:(?<host>[^,()]*), ?server:(?<server>[^,()]*), ?domain:(?<domain>[^,()]*), ?instance:(?<instance>[^()]*)\)$/u;
const level = /^(?<what>.+?) with severity level: (?<word>\w+)$/u;
const check = /^(?<name>[^:\n]{1,100}):Health Check Result:/u;

export const payara = defineSource({
  options: z.strictObject({ source: z.literal("payara"), ...hookOptions }),
  forms: ["text"],
  example:
    "Health Check notification with severity level: WARNING. (host:app01, server:server, domain:domain1,instance:server)\nCPUC:Health Check Result:[[status=WARNING, message='CPU%: 97.1']]",
  read({ body }) {
    const text = parseInput(
      z.string({ error: "must be text" }).refine((all) => all.trim() !== "", "is empty"),
      body,
    );
    const [first = "", ...rest] = text.trim().split(/\r?\n/u);
    const groups = head.exec(first)?.groups ?? {};
    const subject = groups["subject"] ?? first;
    const { what = subject, word = "" } = level.exec(subject)?.groups ?? {};
    const message = rest.join("\n").trim();
    const name = check.exec(message)?.groups?.["name"];
    const { server, domain, instance } = groups;
    return one({
      alert: fit({
        status: word === "GOOD" ? "CANCEL" : word === "" ? "OPEN" : undefined,
        once: word === "" ? true : undefined,
        severity: severityOf(word),
        // The severity is no part of the rule: a warning and the relief after it are one trouble.
        rule: name === undefined ? what : `${what.replace(/ notification$/u, "")} ${name}`,
        entity: groups["host"],
        tags: { server, domain, instance },
        message: message || text.trim(),
        fields: { subject },
      }),
    });
  },
});
