/** Fetches `/metrics` and gives each series with its value: `name{label="value"}` as Prometheus would read it. */
export async function scrape(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Map<string, number>> {
  const answer = await fetch(`${url}/metrics`, { headers });
  if (answer.status !== 200) throw new Error(`The scrape was answered ${answer.status}.`);
  const series = (await answer.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(series.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}
