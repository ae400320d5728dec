/** What the test portal knows about a metric: where it lives, and when it becomes an alert. */
export interface Metric {
  readonly title: string;
  /** Shown behind values; empty for a bare number. */
  readonly unit: string;
  readonly min: number;
  /** The largest possible value, or undefined for metrics without one. */
  readonly max: number | undefined;
  readonly threshold: number;
  /** The value at night, what the day adds to it, and how far the noise goes. */
  readonly base: number;
  readonly swing: number;
  readonly noise: number;
  /** The level of an incident. */
  readonly peak: number;
}

const known: Readonly<Record<string, Metric>> = {
  cpu_busy: metric("CPU busy", "%", { max: 100, threshold: 80, base: 24, swing: 26, noise: 7, peak: 93.4 }),
  memory_used: metric("Memory used", "%", { max: 100, threshold: 85, base: 48, swing: 14, noise: 3, peak: 94.1 }),
  disk_used: metric("Disk used", "%", { max: 100, threshold: 90, base: 71, swing: 4, noise: 1.2, peak: 95.8 }),
  response_time: metric("Response time", "ms", { threshold: 500, base: 120, swing: 110, noise: 40, peak: 872 }),
  requests: metric("Requests", "req/s", { threshold: 900, base: 240, swing: 380, noise: 60, peak: 1184 }),
  error_rate: metric("Error rate", "%", { threshold: 2, base: 0.3, swing: 0.4, noise: 0.25, peak: 4.7 }),
  queue_depth: metric("Queue depth", "messages", { threshold: 5000, base: 700, swing: 900, noise: 350, peak: 8420 }),
  network_in: metric("Network in", "MB/s", { threshold: 95, base: 22, swing: 34, noise: 9, peak: 112.6 }),
};

/** The metric of that name; an unknown name gets its own title and numbers between 0 and 100 without a unit. */
export function metricOf(name: string): Metric {
  if (Object.hasOwn(known, name)) return known[name] ?? unknown(name);
  return unknown(name);
}

/** The same metric, its numbers stretched to another threshold. */
export function withThreshold(metric: Metric, threshold: number): Metric {
  const factor = threshold / metric.threshold;
  const stretch = (value: number): number => value * factor;
  const peak = stretch(metric.peak);
  return {
    ...metric,
    threshold,
    base: stretch(metric.base),
    swing: stretch(metric.swing),
    noise: stretch(metric.noise),
    // A share keeps its ceiling: an incident above a threshold of 95 % ends half way to 100 %.
    peak: metric.max === undefined ? peak : Math.min(peak, (threshold + metric.max) / 2),
  };
}

type Numbers = Pick<Metric, "threshold" | "base" | "swing" | "noise" | "peak"> & { readonly max?: number };

function metric(title: string, unit: string, numbers: Numbers): Metric {
  return { title, unit, min: 0, max: undefined, ...numbers };
}

function unknown(name: string): Metric {
  const words = name.replace(/[._:/-]+/gu, " ").trim();
  const title = words === "" ? name : words.charAt(0).toUpperCase() + words.slice(1);
  return metric(title, "", { threshold: 75, base: 26, swing: 22, noise: 6, peak: 88.2 });
}
