import { z } from "zod";

/** Name of a channel, portal or token: it stands in URLs and on command lines. */
export const Name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_.-]{0,99}$/iu,
    "must be letters, digits, `_`, `.` or `-`, at most 100, starting with a letter or digit",
  );
