export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Full jitter: a random wait between 0 and min(cap, base * 2^(attempt - 1)). A server's own wish (`retryAfterMs`)
 * wins when it is later. `attempt` counts from 1; `random` returns [0, 1).
 */
export function backoffMs(
  attempt: number,
  options: BackoffOptions,
  random: () => number,
  retryAfterMs: number | undefined,
): number {
  const ceilingMs = Math.min(options.capMs, options.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.max(Math.round(random() * ceilingMs), retryAfterMs ?? 0);
}
