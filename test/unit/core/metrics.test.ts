import { describe, expect, test } from "vitest";
import { createMetrics, measureProcess } from "../../../src/core/metrics.ts";

const create = (channels: readonly string[] = ["ops"]) => createMetrics({ version: "1.2.3", channels });

describe("every metric", () => {
  test.each(create().registry.getMetricsAsArray())("$name is named as Prometheus wants it, and explained", (metric) => {
    const { name, help, type } = { ...metric, type: String(metric.type) };
    expect(name).toMatch(/^chartbell(?:_[a-z]+)+$/u);
    expect(name.endsWith("_total")).toBe(type === "counter");
    if (type === "histogram") expect(name).toMatch(/_seconds$/u);
    expect(help).toMatch(/^[A-Z1].*\.$/u);
  });

  test("has labels of closed sets only", () => {
    const labels = create()
      .registry.getMetricsAsArray()
      .flatMap((metric) => ("labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames : []));
    expect([...new Set(labels.map(String))].toSorted()).toEqual([
      "channel",
      "code",
      "kind",
      "phase",
      "status",
      "verdict",
      "version",
    ]);
  });
});

test("the counts of a configured channel begin at 0, so that its first failure is a rise", async () => {
  const text = await create(["ops", "lobby"]).registry.metrics();
  for (const channel of ["ops", "lobby"]) {
    expect(text).toContain(`chartbell_steps_ended_total{channel="${channel}",kind="text",status="failed"} 0\n`);
  }
  expect(text).toContain('chartbell_build_info{version="1.2.3"} 1\n');
});

test("two Chartbells in one process count each for itself", async () => {
  const [one, other] = [create(), create()];
  one.alertsAccepted.inc();
  expect(await one.registry.metrics()).toContain("chartbell_alerts_accepted_total 1\n");
  expect(await other.registry.metrics()).toContain("chartbell_alerts_accepted_total 0\n");
});

test("the process is measured beside them when asked for", async () => {
  const metrics = create();
  expect(await metrics.registry.metrics()).not.toContain("process_");
  measureProcess(metrics);
  const text = await metrics.registry.metrics();
  expect(text).toContain("\nprocess_resident_memory_bytes ");
  expect(text).toContain("\nnodejs_eventloop_lag_seconds ");
});
