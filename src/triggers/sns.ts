import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { parseInput } from "../core/input.ts";
import type { AlertStatus, Severity } from "../core/alert.ts";
import { nothing, one } from "./batch.ts";
import { defineSource } from "./contract.ts";
import type { ReadAlert } from "./contract.ts";
import { fit } from "./draft.ts";
import type { Draft } from "./draft.ts";
import { hookOptions } from "./hook-options.ts";
import { LooseList, LooseText, looseSection, SomeText } from "./loose.ts";
import { requireSnsSignature, snsUrl } from "./sns-signature.ts";

/*
 * Amazon SNS over HTTP(S), with CloudWatch's alarms inside: the forms of SNS' documentation (http-notification-json,
 * http-subscription-confirmation-json) and of real CloudWatch messages. SNS sends JSON as text/plain. Only topics that the
 * configuration names are listened to or confirmed, and only with SNS' own signature, unless `raw` is set.
 */

const Envelope = z.looseObject({
  Type: z.enum(["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"], {
    error: "must be Notification, SubscriptionConfirmation or UnsubscribeConfirmation",
  }),
  MessageId: SomeText,
  TopicArn: SomeText,
  Message: z.string({ error: "must be a text" }),
  Subject: LooseText,
  Timestamp: LooseText,
  SigningCertURL: SomeText,
  SubscribeURL: LooseText,
});
type Envelope = z.output<typeof Envelope>;

const Dimension = z.object({ name: SomeText, value: LooseText });

const Alarm = z.looseObject({
  AlarmName: SomeText,
  NewStateValue: z.enum(["ALARM", "OK", "INSUFFICIENT_DATA"]),
  OldStateValue: LooseText,
  NewStateReason: LooseText,
  AlarmDescription: LooseText,
  StateChangeTime: LooseText,
  Region: LooseText,
  AWSAccountId: LooseText,
  Trigger: looseSection({ MetricName: LooseText, Namespace: LooseText, Dimensions: LooseList, Threshold: LooseText }),
});

const states: Readonly<Record<z.output<typeof Alarm>["NewStateValue"], { status: AlertStatus; severity: Severity }>> = {
  ALARM: { status: "OPEN", severity: "critical" },
  INSUFFICIENT_DATA: { status: "OPEN", severity: "unknown" },
  OK: { status: "CANCEL", severity: "normal" },
};

export const sns = defineSource({
  options: z.strictObject({
    source: z.literal("sns"),
    ...hookOptions,
    topics: z
      .array(z.string().regex(/^arn:aws[\w-]*:sns:[\w-]+:\d+:[\w.-]+$/u, "must be the ARN of a topic"))
      .max(100)
      .default([])
      .describe("ARNs of the topics that may send; subscriptions to them are confirmed."),
    raw: z
      .boolean()
      .default(false)
      .describe("Whether raw message delivery is taken: it is not signed, so the hook's token alone protects it."),
  }),
  forms: ["json"],
  example: {
    Type: "Notification",
    MessageId: "35ecbe70-f71e-42d7-b099-720e3d5aed0b",
    TopicArn: "arn:aws:sns:us-east-1:123456789012:alarms",
    Subject: 'ALARM: "cpu"',
    Message: '{"AlarmName":"cpu","NewStateValue":"ALARM","NewStateReason":"Threshold Crossed"}',
    Timestamp: "2026-03-23T00:01:43.825Z",
    SignatureVersion: "2",
    Signature: "…",
    SigningCertURL: "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-….pem",
  },
  async read({ body, headers }, { topics, raw }, outside) {
    if (raw && headers["x-amz-sns-rawdelivery"] === "true") {
      const topic = headers["x-amz-sns-topic-arn"] ?? "";
      requireTopic(topic, topics);
      return one(readMessage(body, { topic, subject: "", time: "", id: headers["x-amz-sns-message-id"] ?? "" }));
    }
    const envelope = parseInput(Envelope, body);
    requireTopic(envelope.TopicArn, topics);
    const certificate = await outside.certificate(snsUrl(envelope.SigningCertURL, "SigningCertURL"));
    // The values as they were sent: what was read of them may be trimmed.
    requireSnsSignature(parseInput(z.record(z.string(), z.unknown()), body), certificate);
    if (envelope.Type === "SubscriptionConfirmation")
      await outside.visit(snsUrl(envelope.SubscribeURL, "SubscribeURL"));
    return envelope.Type === "Notification" ? one(readNotification(envelope)) : nothing;
  },
});

function requireTopic(topic: string, topics: readonly string[]): void {
  if (topics.includes(topic)) return;
  const configured =
    topics.length === 0 ? "No topic is configured for this hook" : "It is not one of this hook's topics";
  throw new AppError("topic_forbidden", `${configured}: ${topic.slice(0, 300) || "(no topic named)"}.`);
}

function readNotification({ Message, TopicArn, Subject, Timestamp, MessageId }: Envelope): ReadAlert {
  return readMessage(Message, { topic: TopicArn, subject: Subject, time: Timestamp, id: MessageId });
}

interface About {
  readonly topic: string;
  readonly subject: string;
  readonly time: string;
  readonly id: string;
}

function readMessage(message: unknown, { topic, subject, time, id }: About): ReadAlert {
  const content = typeof message === "string" ? parsed(message) : message;
  const alarm = Alarm.safeParse(content);
  const said = alarm.success ? readAlarm(alarm.data) : undefined;
  const text = typeof message === "string" ? message : JSON.stringify(message);
  return {
    alert: fit({
      time,
      ...(said ?? { status: "OPEN", once: true, rule: subject || (topic.split(":").at(-1) ?? topic), message: text }),
      fields: { ...said?.fields, topic, subject },
    }),
    // SNS sends the same MessageId when it tries again.
    key: id === "" ? undefined : id,
  };
}

function readAlarm(alarm: z.output<typeof Alarm>): Draft {
  const { Trigger, StateChangeTime, Region, AWSAccountId } = alarm;
  const dimensions = Trigger.Dimensions.flatMap((one) => {
    const dimension = Dimension.safeParse(one);
    return dimension.success ? [dimension.data] : [];
  });
  return {
    ...states[alarm.NewStateValue],
    rule: alarm.AlarmName,
    entity: dimensions[0]?.value,
    metric: Trigger.MetricName,
    tags: {
      ...Object.fromEntries(dimensions.map(({ name, value }) => [name, value])),
      account: AWSAccountId,
      region: Region,
    },
    message: alarm.NewStateReason || alarm.AlarmDescription,
    ...(StateChangeTime === "" ? {} : { time: StateChangeTime }),
    fields: { ...alarm, Trigger: { ...Trigger, Dimensions: undefined } },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A message of another program: its text is the message.
    return undefined;
  }
}
