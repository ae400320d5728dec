import { z } from "zod";
import { AlertInput, AlertStatus, Severity } from "../../core/alert.ts";
import { mediaTypes } from "../../core/picture.ts";
import { Scope } from "../../core/room.ts";
import { Schedule } from "../../core/schedule.ts";
import { DeliveryStates } from "../deliveries.ts";

/*
 * What the API answers, for its documentation. The test of the document holds these against the answers of a running
 * service: a field that is missing here fails it.
 */

const Time = z.iso.datetime({ offset: true });
const Id = z.uuid();
const Count = z.int().min(0);
const Value = z.union([z.number(), z.string()]);

const Failure = z.strictObject({
  code: z.string().describe("A code of docs/errors.md."),
  message: z.string().describe("What happened, and the next step."),
});

const Alert = AlertInput.omit({ time: true }).safeExtend({
  id: Id.describe("Given at acceptance."),
  time: Time.describe("When it happened."),
  acceptedAt: Time.describe("When Chartbell took it."),
  window: z
    .strictObject({
      before: AlertStatus.describe("The status before this alert; CANCEL: nothing was open."),
      severityBefore: Severity.optional(),
      openTime: Time.describe("When it began, by its source."),
      openedAt: Time.describe("When it began here."),
      heardAt: Time.optional().describe("When the alert before this one was accepted."),
      repeats: Count,
      openValue: Value.optional(),
      values: z.array(z.strictObject({ time: Time, value: Value })).describe("Values before this one, newest first."),
      isLate: z.boolean().describe("It tells of something that was over before it came: it is not said."),
    })
    .optional()
    .describe("The life of the alert's key, as it was when this alert came."),
});

const StepKind = z.enum(["text", "picture"]);
const StepStatus = z.enum(["delivered", "failed", "unknown", "folded"]);
const ShotVerdict = z.enum(["ready", "partial", "blank", "failed"]);
const Sha256 = z.string().regex(/^[\da-f]{64}$/u);

const Step = z.strictObject({
  kind: StepKind,
  status: StepStatus,
  attempts: Count.describe("Tries that reached the other side or tried to."),
  afterMs: z.number().describe("Milliseconds from the alert's acceptance to the end of this step."),
  remoteId: z.string().optional().describe("The message's id on the other side."),
  failure: Failure.optional(),
  unknownAttempts: Count.optional().describe("Tries without an answer: each may have left a message more in the room."),
  foldedInto: z.string().optional().describe("The delivery that this one was said with."),
});

const Shot = z.strictObject({
  portal: z.string(),
  verdict: ShotVerdict,
  unready: z.array(z.string()).optional().describe("What was not ready."),
  failure: Failure.optional(),
  bytes: Count.optional(),
  width: Count.optional(),
  height: Count.optional(),
  picture: z.strictObject({ sha256: Sha256, mediaType: z.enum(mediaTypes) }).optional(),
  timings: z.record(z.string(), z.number()).optional().describe("Milliseconds of each phase."),
});

const Delivery = z.strictObject({
  id: Id,
  channel: z.string(),
  state: DeliveryStates,
  text: z.string(),
  steps: z.array(Step),
  shots: z.array(Shot),
});

const AlertState = z.enum(["accepted", "handled"]);

const Summary = Alert.pick({ id: true, status: true, severity: true, rule: true, entity: true, time: true })
  .safeExtend({ acceptedAt: Time, state: AlertState })
  .safeExtend({
    deliveries: z.array(
      z.strictObject({
        id: Id,
        channel: z.string(),
        state: DeliveryStates,
        steps: z.array(z.strictObject({ kind: StepKind, status: z.string(), attempts: Count })),
        pictures: z.array(
          z.strictObject({
            portal: z.string(),
            verdict: ShotVerdict,
            sha256: Sha256.optional().describe("For `GET /api/pictures/SHA256`."),
            mediaType: z.enum(mediaTypes).optional(),
            bytes: Count.optional(),
            width: Count.optional(),
            height: Count.optional(),
          }),
        ),
      }),
    ),
  });

const ListedDelivery = z.strictObject({
  id: Id,
  channel: z.string(),
  state: DeliveryStates,
  endedAt: Time.optional(),
  attempts: Count,
  failure: Failure.optional(),
  alertId: Id,
  rule: z.string(),
  entity: z.string(),
  status: AlertStatus,
  severity: Severity,
  acceptedAt: Time,
});

const Accepted = z.strictObject({
  id: Id.describe("For `GET /api/alerts/ID`."),
  duplicate: z.boolean().describe("Known by its idempotency key: nothing new happens."),
});

const Rejection = z.strictObject({
  index: Count.describe("Position in the batch, from 0."),
  field: z.string(),
  reason: z.string(),
});

const Part = z.strictObject({ ok: z.boolean(), detail: z.string() });

const OpenWindow = z.strictObject({
  rule: z.string(),
  entity: z.string(),
  metric: z.string(),
  tags: z.record(z.string(), z.string()),
  severity: Severity,
  status: AlertStatus.describe("OPEN, or REPEAT once it was heard of again."),
  since: Time,
  duration: z.string().describe("As in texts: 00:10:05."),
  heardAt: Time,
  repeats: Count,
  openValue: Value.optional(),
  value: Value.optional(),
  delayed: z.array(z.strictObject({ channel: z.string(), dueAt: Time })).describe("OPENs that are still to be said."),
});

const ListedRoom = z.strictObject({
  id: Count,
  name: z.string(),
  topic: z.string(),
  privacy: z.enum(["public", "private"]),
  isArchived: z.boolean(),
  createdAt: Time,
  messagesSent: Count.describe("Since it was made, those that are no longer kept included."),
  lastActive: Time.optional(),
});

const RoomToken = z.strictObject({
  id: Count,
  name: z.string(),
  scopes: z.array(Scope),
  room: z.string().optional().describe("The one room that it may act in."),
  createdAt: Time,
});

export const answers = {
  AcceptedAlerts: z.strictObject({ alerts: z.array(Accepted).describe("In the order of the request.") }),
  AcceptedHook: z.strictObject({
    alerts: z.array(Accepted),
    rejected: z.array(Rejection).optional().describe("What of a batch could not be used."),
    adjusted: z
      .array(z.strictObject({ index: Count, field: z.literal("time"), message: z.string() }))
      .optional()
      .describe("What was changed."),
  }),
  AlertOutcome: Alert.safeExtend({
    state: AlertState.describe("handled: everything of it has ended or waits for its channel."),
    deliveries: z.array(Delivery),
  }),
  AlertList: z.strictObject({
    alerts: z.array(Summary).describe("Newest first."),
    next: z.string().optional().describe("For `before`, where older ones may follow."),
  }),
  DeliveryList: z.strictObject({
    items: z.array(ListedDelivery).describe("Newest first."),
    next: z.string().optional().describe("For `before`, where older ones may follow."),
  }),
  Retried: z.strictObject({ retried: z.array(Id).describe("Deliveries that will be sent again.") }),
  ScheduleList: z.strictObject({
    schedules: z.array(
      Schedule.omit({ text: true, params: true }).safeExtend({
        next: z.array(Time).describe("Its next three times."),
        lastRun: z.strictObject({ at: Time, alertId: Id }).nullable(),
      }),
    ),
  }),
  WindowList: z.strictObject({ windows: z.array(OpenWindow).describe("What opened last first.") }),
  RoomList: z.strictObject({ rooms: z.array(ListedRoom) }),
  RoomMade: z.strictObject({ id: Count, name: z.string() }),
  RoomTokenList: z.strictObject({ tokens: z.array(RoomToken) }),
  RoomTokenMade: RoomToken.safeExtend({ token: z.string().describe("The token: it is told this once.") }),
  RoomTokenRevoked: z.strictObject({ revoked: z.string() }),
  RunStarted: z.strictObject({ id: Id.describe("The alert of the run, for `GET /api/alerts/ID`.") }),
  Alive: z.strictObject({ status: z.literal("ok") }),
  Ready: z.strictObject({
    status: z.literal("ready"),
    parts: z.strictObject({
      alerts: Part,
      database: Part,
      browser: z.strictObject({
        ok: z.boolean(),
        shotsUnderway: Count,
        shotsWaiting: Count,
        pagesKept: Count,
        browsersRunning: Count,
      }),
    }),
  }),
  Problem: z.looseObject({
    type: z.string().describe("`urn:chartbell:error:CODE`."),
    title: z.string().describe("What happened, for people."),
    status: z.int(),
    code: z.string().describe("What happened, for programs: docs/errors.md lists the codes."),
    hint: z.string().optional().describe("The next step."),
    problems: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .optional()
      .describe("Every field that is wrong."),
    expected: z.unknown().optional().describe("An example of a right payload, from a hook."),
    verdict: z.literal("failed").optional().describe("Of a shot that gave no picture."),
  }),
} as const satisfies Record<string, z.ZodType>;
export type AnswerName = keyof typeof answers;
