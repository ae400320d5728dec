import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../../src/config/load.ts";
import { importAlertmanager } from "../../../../src/config/import/alertmanager.ts";
import { importFrom } from "../../../../src/config/import/index.ts";
import { parseMatchers } from "../../../../src/config/import/matchers.ts";
import { Route } from "../../../../src/core/route.ts";
import { admit } from "../../../../src/pipeline/admit.ts";
import { readyRoutes } from "../../../../src/pipeline/choose.ts";
import { sources } from "../../../../src/triggers/index.ts";
import { alertOf } from "../../../support/pipeline.ts";

describe("matchers", () => {
  test.each([
    ['a="b"', [["a", "=", "b"]]],
    ["a=b", [["a", "=", "b"]]],
    [
      '{a="b, c",d=~"x|y", e!="" , f!~"\\"q\\"",}',
      [
        ["a", "=", "b, c"],
        ["d", "=~", "x|y"],
        ["e", "!=", ""],
        ["f", "!~", '"q"'],
      ],
    ],
    ["{}", []],
    ["a", undefined],
    ['a=="b"', undefined],
    ['a="b" c="d"', undefined],
  ])("of %j", (text, expected) => {
    const found = parseMatchers(text)?.map(({ label, operator, value }) => [label, operator, value]);
    expect(found).toEqual(expected);
  });
});

const own = `
global: { hipchat_api_url: "https://hipchat.example.com/v2/", hipchat_auth_token: s3cr3t-global }
route: { receiver: ops }
receivers:
  - name: ops
    hipchat_configs:
      - { room_id: 4711, notify: true, send_resolved: true, from: Alerts, color: purple, message_format: html }
      - { room_id: DB, auth_token: s3cr3t-own, http_config: { bearer_token: s3cr3t-b, tls_config: { insecure_skip_verify: true } } }
    slack_configs: [{ api_url: "https://s3cr3t.example.com" }]
`;

describe("hipchat_configs", () => {
  test("become channels, their tokens references", () => {
    const { config, variables, notCarried } = importAlertmanager(own);
    expect(config.channels).toEqual({
      ops: {
        kind: "hipchat",
        host: "https://hipchat.example.com/v2",
        room: "4711",
        notificationToken: "env:CHARTBELL_HIPCHAT_TOKEN",
        from: "Alerts",
        messageFormat: "html",
        notify: true,
        color: "purple",
      },
      "ops-2": {
        kind: "hipchat",
        host: "https://hipchat.example.com/v2",
        room: "DB",
        notificationToken: "env:CHARTBELL_OPS_2_TOKEN",
        messageFormat: "text",
        notify: false,
        tls: { verify: false },
      },
    });
    expect(Object.keys(variables)).toEqual(["CHARTBELL_HIPCHAT_TOKEN", "CHARTBELL_OPS_2_TOKEN"]);
    expect(notCarried).toContain("slack_configs of receiver `ops`");
    expect(notCarried).toContain("hipchat_configs of receiver `ops`: http_config.bearer_token");
  });

  test("a receiver's channel without send_resolved hears of no CANCEL, its other channel does", () => {
    const routes = readyRoutes(configOf(own).routes);
    const channels = (status: "OPEN" | "CANCEL") => admit(alertOf({ status }), routes).map(({ channel }) => channel);
    expect([channels("OPEN"), channels("CANCEL")]).toEqual([["ops", "ops-2"], ["ops"]]);
  });

  test("no token of the file stands in what comes out", () => {
    expect(JSON.stringify(importFrom("alertmanager", own))).not.toContain("s3cr3t");
  });
});

function configOf(text: string) {
  const { yaml, variables } = importFrom("alertmanager", text);
  const env = Object.fromEntries(Object.keys(variables).map((name) => [name, "x"]));
  return parseConfig(yaml, { file: undefined, flags: {}, env, cwd: "/" }).config;
}

/* Alertmanager's own way down the tree (dispatch/route.go, Match), as an oracle for the list of routes. */

interface Tree {
  readonly receiver: string;
  readonly match: Readonly<Record<string, string>>;
  readonly continue: boolean;
  readonly routes: readonly Tree[];
}

function receiversOf(tree: Tree, labels: Readonly<Record<string, string>>): readonly string[] {
  if (Object.entries(tree.match).some(([label, value]) => labels[label] !== value)) return [];
  const found: string[] = [];
  for (const child of tree.routes) {
    const below = receiversOf(child, labels);
    found.push(...below);
    if (below.length > 0 && !child.continue) break;
  }
  return found.length === 0 ? [tree.receiver] : found;
}

/** Numbers that are the same in every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const labelsOfTree = ["team", "env", "tier"];

/** Labels on one path differ: two conditions on one label are a case of their own. */
function treeOf(
  next: (below: number) => number,
  depth: number,
  free: readonly string[],
  counter: { count: number },
): Tree {
  const label = free[next(free.length)];
  const match = depth === 0 || label === undefined ? {} : { [label]: `v${next(2)}` };
  const left = free.filter((one) => !(one in match));
  const children = depth === 3 || left.length === 0 ? 0 : next(4);
  const receiver = `r${counter.count++}`;
  const routes = Array.from({ length: children }, () => treeOf(next, depth + 1, left, counter));
  return { receiver, match, continue: depth > 0 && next(3) === 0, routes };
}

describe("the tree of routes", () => {
  test("as a list sends every alert where Alertmanager does, in 200 trees", () => {
    const values = [undefined, "v0", "v1"];
    for (let seed = 1; seed <= 200; seed++) {
      const counter = { count: 0 };
      const tree = treeOf(sequence(seed), 0, labelsOfTree, counter);
      const receivers = Array.from({ length: counter.count }, (_, index) => ({
        name: `r${index}`,
        hipchat_configs: [{ room_id: `room ${index}`, auth_token: "x", send_resolved: true }],
      }));
      const routes = readyRoutes(
        (importAlertmanager(JSON.stringify({ route: tree, receivers })).config.routes ?? []).map((one) =>
          Route.parse(one),
        ),
      );
      for (let number = 0; number < 27; number++) {
        const picked = labelsOfTree.map(
          (label, place) => [label, values[Math.floor(number / 3 ** place) % 3]] as const,
        );
        const labels = Object.fromEntries(picked.filter((pair) => pair[1] !== undefined).map(([l, v]) => [l, v ?? ""]));
        const channels = admit(alertOf({ tags: labels }), routes).map(({ channel }) => channel);
        const expected = [...new Set(receiversOf(tree, labels))];
        if (channels.toSorted().join() !== expected.toSorted().join()) {
          expect.fail(`${JSON.stringify({ tree, labels })}: ${channels.join()} instead of ${expected.join()}`);
        }
      }
    }
  });

  test("has conditions on what the source alertmanager makes of labels", async () => {
    const { routes } = configOf(`
route:
  receiver: none
  routes:
    - { receiver: none, match: { alertname: High, instance: "a*b" }, match_re: { severity: critical|page, job: "node|db" } }
    - { receiver: none, matchers: ['severity="warning"', 'dc=~"eu-.+"', 'env!="test"', 'env!~"dev|ci"'] }
receivers: [{ name: none }]`);
    const reading = await sources.alertmanager.read(
      {
        body: {
          alerts: [
            { status: "firing", labels: { alertname: "High", instance: "a*b", severity: "page", job: "node" } },
            { status: "firing", labels: { alertname: "x", severity: "warning", dc: "eu-1", env: "prod" } },
            { status: "firing", labels: { alertname: "x", severity: "warning", dc: "eu-1", env: "ci" } },
          ],
        },
        bytes: Buffer.alloc(0),
        headers: {},
      },
      { source: "alertmanager", tokenInUrl: false },
      { certificate: async () => "", visit: async () => undefined },
    );
    const ready = readyRoutes(routes);
    const taken = reading.alerts.map(({ alert }) =>
      ready.findIndex(({ conditions }) =>
        conditions.every((one) => one.holds({ ...alertOf(), ...alert, status: "OPEN", time: new Date() })),
      ),
    );
    expect(taken).toEqual([0, 1, 2]);
  });

  test("says what it cannot say in a list", () => {
    const { notCarried } = importFrom(
      "alertmanager",
      `
route:
  receiver: none
  group_wait: 30s
  routes:
    - { receiver: none, match: { team: a }, routes: [{ receiver: inner, match: { team: b } }] }
    - { receiver: odd, match_re: { severity: "(crit|page).*" }, matchers: ["what is this"] }
    - { receiver: negative, matchers: ['team!="x"'], continue: true, routes: [{ receiver: none, match: { tier: a } }] }
receivers: [{ name: none }]
time_intervals: []`,
    );
    expect(notCarried.join("\n")).toMatch(/`inner`: two conditions on one label/u);
    expect(notCarried.join("\n")).toMatch(/`odd`: severity=~.* is no list of words/u);
    expect(notCarried.join("\n")).toMatch(/`odd`: matcher what is this/u);
    expect(notCarried.join("\n")).toMatch(/time_intervals/u);
    expect(notCarried.join("\n")).toMatch(/group_wait of routes/u);
  });
});

test.each([
  ["", /the file/u],
  ["a: [", /no YAML/u],
  ["route: 5", /route/u],
  ["route: { routes: 5 }", /route\.routes/u],
  ["route: {}\nreceivers: [{ hipchat_configs: [] }]", /receivers\[0\]\.name/u],
  [
    "route: {}\nreceivers: [{ name: a, hipchat_configs: [{ notify: true }] }]",
    /receivers\[0\]\.hipchat_configs\[0\]\.room_id/u,
  ],
])("%j is refused with what is wrong", (text, message) => {
  expect(() => importFrom("alertmanager", text)).toThrow(message);
});
