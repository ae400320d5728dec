import { describe, expect, test } from "vitest";
import { TrafficLog } from "../../../src/web-driver/traffic.ts";
import type { SeenRequest } from "../../../src/web-driver/traffic.ts";

function logOf() {
  let nowMs = 1000;
  const clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs };
  const log = new TrafficLog(clock);
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  const begin = (id: unknown, request: Partial<SeenRequest> = {}): void =>
    log.began(id, { method: "GET", url: "http://a/data", kind: "fetch", body: "", ...request });
  /** The same request, `times` times, a second between them. */
  const poll = (times: number, requestOf: (time: number) => Partial<SeenRequest> = () => ({})): void => {
    for (let time = 0; time < times; time += 1) {
      begin(`poll ${time}`, requestOf(time));
      pass(10);
      log.ended(`poll ${time}`);
      pass(1000);
    }
  };
  return { log, pass, begin, poll };
}

describe("a request", () => {
  test("is on its way until it has ended, and both are events and signs of life", () => {
    const { log, pass, begin } = logOf();
    pass(5);
    begin(1);
    expect(log.now()).toMatchObject({ inFlight: 1, events: 1, progressMs: 1005, dataMs: 1000 });
    pass(20);
    log.ended(1);
    expect(log.now()).toMatchObject({ inFlight: 0, events: 2, progressMs: 1025, dataMs: 1025 });
  });

  test("that ends twice, or was never seen to begin, ends once", () => {
    const { log, begin } = logOf();
    begin(1);
    begin(2);
    log.ended(1);
    log.ended(1);
    log.ended("unseen");
    expect(log.now()).toMatchObject({ inFlight: 1, events: 3 });
  });

  test.each(["ping", "beacon", "media", "websocket", "cspviolationreport", "prefetch", "preflight"])(
    "of the kind %s is not waited for",
    (kind) => {
      const { log, begin } = logOf();
      begin(1, { kind });
      log.ended(1);
      expect(log.now()).toMatchObject({ inFlight: 0, events: 0, fonts: 0, liveSources: 0 });
    },
  );
});

describe("a poll", () => {
  test("is told by its third time, and is no event from then on", () => {
    const { log, begin, poll } = logOf();
    poll(2);
    expect(log.now().events).toBe(4);
    begin("third");
    expect(log.now()).toMatchObject({ inFlight: 0, events: 4 });
    log.ended("third");
    expect(log.now().events).toBe(4);
  });

  test("is no sign of life", () => {
    const { log, pass, poll } = logOf();
    poll(3);
    const { progressMs } = log.now();
    pass(5000);
    poll(3);
    expect(log.now().progressMs).toBe(progressMs);
  });

  test("may carry a time stamp that keeps caches away, in its URL or in its body", () => {
    const stamped = logOf();
    stamped.poll(3, (time) => ({ url: `http://a/data?_=17000000${time}0000` }));
    stamped.begin(9, { url: "http://a/data?_=1700000099999" });
    expect(stamped.log.now().inFlight).toBe(0);
    const posted = logOf();
    posted.poll(3, (time) => ({ method: "POST", body: `{"from":"17000000${time}0000"}` }));
    posted.begin(9, { method: "POST", body: `{"from":"1700000099999"}` });
    expect(posted.log.now().inFlight).toBe(0);
  });

  test("is not several panels' queries of one endpoint, which are on their way side by side", () => {
    const { log, begin } = logOf();
    for (const id of [1, 2, 3, 4, 5]) begin(id);
    expect(log.now().inFlight).toBe(5);
    log.ended(1);
    begin(6);
    expect(log.now().inFlight).toBe(5);
  });

  test("may be of several panels, all of them together again and again", () => {
    const { log, pass, begin } = logOf();
    for (let time = 0; time < 3; time += 1) {
      for (const panel of [1, 2, 3]) begin(`${time} ${panel}`);
      pass(10);
      for (const panel of [1, 2, 3]) log.ended(`${time} ${panel}`);
      pass(1000);
    }
    begin("again");
    expect(log.now().inFlight).toBe(0);
  });

  test("is not an answer in parts, one fetched right after the other", () => {
    const { log, begin } = logOf();
    for (const part of [1, 2, 3, 4, 5]) {
      begin(part, { url: `http://a/data?from=170000000${part}000` });
      expect(log.now().inFlight).toBe(1);
      log.ended(part);
    }
    expect(log.now().events).toBe(10);
  });

  test("is told by its method, short numbers and body apart", () => {
    const { log, begin, poll } = logOf();
    poll(3, (time) => ({ url: `http://a/panels/${time}` }));
    begin(7, { url: "http://a/panels/7" });
    begin(8, { method: "POST" });
    begin(9, { method: "POST", body: "b" });
    expect(log.now().inFlight).toBe(3);
  });

  test("is told by the page's time where that is ours", () => {
    const clock = { now: () => new Date(0), monotonicMs: () => performance.now() };
    let pageMs = 0;
    const log = new TrafficLog(clock, () => pageMs);
    const request = { method: "GET", url: "http://a/data", kind: "fetch", body: "" };
    for (const id of [1, 2, 3, 4]) {
      log.began(id, request);
      log.ended(id);
    }
    log.began(5, request);
    expect(log.now().inFlight).toBe(1);
    log.ended(5);
    for (pageMs = 200; pageMs <= 400; pageMs += 200) {
      log.began(pageMs, request);
      log.ended(pageMs);
    }
    log.began(6, request);
    expect(log.now().inFlight).toBe(0);
  });
});

describe("what lives in real time", () => {
  test("is a web font until it is there; then it is an event, for text is drawn anew", () => {
    const { log, pass, begin } = logOf();
    begin(1, { kind: "font", url: "http://a/font.woff2" });
    expect(log.now()).toMatchObject({ inFlight: 0, fonts: 1, events: 0 });
    pass(30);
    log.ended(1);
    expect(log.now()).toMatchObject({ fonts: 0, events: 1, progressMs: 1030, dataMs: 1000 });
  });

  test("is an event stream as long as it is open, not a request on its way", () => {
    const { log, pass, begin } = logOf();
    begin(1, { kind: "eventsource" });
    expect(log.now()).toMatchObject({ inFlight: 0, events: 0, liveSources: 1, liveMs: 1000 });
    pass(40);
    log.liveSpoke();
    expect(log.now().liveMs).toBe(1040);
    log.ended(1);
    expect(log.now()).toMatchObject({ liveSources: 0, events: 0 });
  });

  test("is a worker or a WebSocket, as often as one began and has not ended", () => {
    const { log } = logOf();
    log.liveBegan();
    log.liveBegan();
    log.liveEnded();
    expect(log.now().liveSources).toBe(1);
    log.liveEnded();
    log.liveEnded();
    expect(log.now().liveSources).toBe(0);
  });
});
