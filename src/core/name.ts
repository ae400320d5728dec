import { z } from "zod";

/** Name of a channel, portal or token: it stands in URLs and on command lines. */
export const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/u,
    "must be letters, digits, `_`, `.` or `-`, at most 100, starting with a letter or digit",
  );
