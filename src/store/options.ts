import { z } from "zod";
import { Duration, Size } from "../core/quantity.ts";
import { SecretField } from "../core/secret.ts";

/** What the configuration says of kept pictures and of how long things are kept. */

export const S3Options = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .describe("Address of the service, such as https://s3.eu-central-1.amazonaws.com."),
  region: z
    .string()
    .regex(/^[a-z\d-]{1,50}$/u, "must be the name of a region, such as eu-central-1")
    .default("us-east-1")
    .describe("Region that requests are signed for."),
  bucket: z
    .string()
    .regex(/^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/u, "must be the name of a bucket: 3 to 63 of a-z, 0-9, `.` and `-`")
    .describe("An existing bucket."),
  prefix: z
    .string()
    .regex(/^(?:[\w.-]+\/)*$/u, "must be empty or end with `/`, made of letters, digits, `_`, `.`, `-` and `/`")
    .max(200)
    .default("")
    .describe("What the names of all objects begin with, such as `chartbell/`."),
  accessKeyId: SecretField.describe("Access key."),
  secretAccessKey: SecretField.describe("Secret key."),
  pathStyle: z
    .boolean()
    .default(true)
    .describe("true: ENDPOINT/BUCKET/NAME; false: the bucket is part of the host name."),
});
export type S3Options = z.infer<typeof S3Options>;

export const PicturesOptions = z.union([
  z.enum(["files", "database"]),
  z.strictObject({ s3: S3Options.describe("An S3-compatible service.") }),
]);
export type PicturesOptions = z.infer<typeof PicturesOptions>;

export const Retention = z.strictObject({
  alerts: Duration.prefault("30d").describe("Alerts and what became of them, from the end of their handling."),
  pictures: Duration.prefault("14d").describe("Pictures, from when they were last taken."),
  picturesBytes: Size.prefault("2GiB").describe("All pictures together; beyond that the oldest go first."),
});
export type Retention = z.infer<typeof Retention>;
