import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { App } from "../../src/app.ts";
import { handled, startTestApp } from "../support/app.ts";
import { readFixture } from "../support/sources.ts";

let app: App;

beforeAll(async () => {
  app = await startTestApp("{}");
}, 60_000);
afterAll(async () => await app[Symbol.asyncDispose]());

describe("the media type for Zabbix", () => {
  const file = readFileSync(new URL("../../docs/sources/zabbix-media-type.yaml", import.meta.url), "utf8");
  const mediaType = parse(file).zabbix_export.media_types[0];
  const parameters = Object.fromEntries(
    mediaType.parameters.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );

  /** Runs the script as Zabbix does, with its two objects. Zabbix' request blocks; here it is only noted, then sent. */
  function run(values: Record<string, string>, status: number): { headers: string[]; url: string; data: string } {
    const posted = { headers: new Array<string>(), url: "", data: "" };
    class HttpRequest {
      addHeader(line: string): void {
        posted.headers.push(line);
      }
      post(url: string, data: string): string {
        Object.assign(posted, { url, data });
        return "the answer";
      }
      getStatus(): number {
        return status;
      }
    }
    const Zabbix = { log: () => undefined };
    const script = `(function (value) { ${mediaType.script} })(${JSON.stringify(JSON.stringify(values))})`;
    runInNewContext(script, { HttpRequest, Zabbix });
    return posted;
  }

  test("sends what the source reads, its token in a header, every macro under its own name", async () => {
    const problem = JSON.parse(readFixture("zabbix.json").toString());
    const settings = { "chartbell.url": `${app.localUrl}/hooks/zabbix`, "chartbell.token": "t" };
    const { headers, url, data } = run({ ...parameters, ...problem, ...settings }, 202);
    expect(headers).toEqual(["Content-Type: application/json", "Authorization: Bearer t"]);
    expect(Object.keys(JSON.parse(data)).toSorted()).toEqual(Object.keys(problem).toSorted());
    expect(data).not.toContain("chartbell.token");
    expect(new URL(url).pathname).toBe("/hooks/zabbix");
    const { alert } = await handled(app, data, "/hooks/zabbix");
    expect(alert).toMatchObject({ entity: "web01" });
  });

  test("fails for Zabbix, which then tries again, when Chartbell did not take it", () => {
    expect(() => run(parameters, 503)).toThrow("Chartbell: status 503: the answer");
  });
});
