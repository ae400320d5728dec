import type { z } from "zod";
import type { ErrorCode } from "../../core/errors.ts";
import type { AnswerName } from "./answers.ts";
import type { BodyName } from "./bodies.ts";

/* How a call of the API is described. */

export interface Call {
  readonly method: "get" | "post";
  /** Parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  readonly group: "Alerts" | "Pictures" | "Deliveries" | "Channels" | "Schedules" | "Rooms" | "Operation";
  readonly summary: string;
  readonly about?: string;
  /** What the parameters of the path are. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: z.ZodObject;
  readonly body?: CallBody;
  readonly answer: CallAnswer;
  /** Beside those that every call has. */
  readonly errors: readonly ErrorCode[];
  readonly access: "token" | "hook" | "open";
}

interface CallBody {
  readonly schema: BodyName | undefined;
  readonly mediaTypes: readonly string[];
  readonly examples: Readonly<Record<string, unknown>>;
}

interface CallAnswer {
  readonly status: number;
  readonly about: string;
  /** JSON of this schema, or something else of these types. */
  readonly schema?: AnswerName;
  readonly mediaTypes?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export const json = ["application/json"] as const;
export const bodyErrors = ["request_invalid", "body_invalid", "body_too_large", "media_type_unsupported"] as const;
