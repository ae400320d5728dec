import type { Behaviour } from "./behaviours.ts";
import type { Library } from "./libraries.ts";

interface PageParts {
  readonly libraryName: string;
  readonly library: Library;
  readonly behaviourName: string;
  readonly behaviour: Behaviour;
  /** Origin of the second server. */
  readonly otherOrigin: string;
}

/** The page of a small monitoring dashboard. */
export function dashboardPage({ libraryName, library, behaviourName, behaviour, otherOrigin }: PageParts): string {
  const { panels = ["cpu", "requests"], head = "", aside = "", below = "", theme = "light", isBare } = behaviour;
  const styles = (library.styles ?? []).map((path) => `<link rel="stylesheet" href="/zoo/packages/${path}">`);
  const scripts = library.scripts.map((path) => `<script src="/zoo/packages/${path}"></script>`);
  const adapter = library.isBundled === true ? "/zoo/built" : "/zoo/pages/libraries";
  const imports = Object.entries(library.imports ?? {}).map(([name, path]) => [name, `/zoo/packages/${path}`]);
  const importMap = { imports: { library: `${adapter}/${libraryName}.js`, ...Object.fromEntries(imports) } };
  const header = `<header><h1>Operations</h1><span>Production · Europe</span><span class="aside">${aside}</span></header>`;
  const footer = "<footer>24 points, five minutes apart. Times are UTC.</footer>";
  return `<!doctype html>
<html lang="en" data-theme="${theme}" data-other="${otherOrigin}">
<head>
<meta charset="utf-8">
<title>Operations</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/zoo/pages/dashboard.css">
${[...styles, ...scripts].join("\n")}
<script type="importmap">${JSON.stringify(importMap)}</script>
${head}
</head>
<body class="${behaviour.bodyClass ?? ""}">
${isBare === true ? "" : header}
<main>${panels.map(panel).join("\n")}${below}</main>
${isBare === true ? "" : footer}
<script type="module" src="/zoo/pages/behaviours/${behaviourName}.js"></script>
</body>
</html>
`;
}

function panel(name: string): string {
  const title = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
  return `<section class="panel" id="${name}"><h2>${title}</h2><div class="panel-body"></div></section>`;
}

const plain = (title: string, body: string, style = ""): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">
<style>${style}</style></head><body>${body}</body></html>`;

/** Pages without a dashboard, by path. */
export const otherPages: Readonly<Record<string, { readonly status: number; readonly html: string }>> = {
  "/login": {
    status: 200,
    html: plain(
      "Sign in",
      `<h1>Sign in to Operations</h1><form method="post"><p><label>User <input name="user"></label></p>
      <p><label>Password <input name="password" type="password"></label></p><button>Sign in</button></form>`,
    ),
  },
  "/zoo/missing": { status: 404, html: plain("Not found", "<h1>404</h1><p>There is no such dashboard.</p>") },
  "/zoo/broken": { status: 500, html: plain("Error", "<h1>500</h1><p>Something went wrong on our side.</p>") },
  "/zoo/text": {
    status: 200,
    html: plain(
      "Runbook",
      `<h1>Runbook: web servers</h1><p>Restart the service, then look at the graph of requests.</p>
      <ol><li>Drain the server.</li><li>Restart it.</li><li>Watch it for five minutes.</li></ol>`,
    ),
  },
  "/zoo/blank": { status: 200, html: plain("", "") },
  "/zoo/blank-dark": { status: 200, html: plain("", "", "html { background: #111417; }") },
};
