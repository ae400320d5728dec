import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Router } from "express";
import { packageVersion } from "../../core/version.ts";
import { onlyMethods } from "../problem.ts";
import { openApiDocument } from "./document.ts";
import { documentPage } from "./page.ts";

/** `GET /openapi.json` for programs and `GET /docs` for people: both say what this version answers and nothing of its configuration. */
export function documentRoutes(): Router {
  const router = Router();
  const style = readFileSync(new URL("page.css", import.meta.url));
  const stylePath = `/docs/page.css?v=${createHash("sha256").update(style).digest("hex").slice(0, 12)}`;
  const made = once(() => {
    const document = openApiDocument(packageVersion());
    return { json: JSON.stringify(document), page: documentPage(document, stylePath) };
  });
  router.get("/openapi.json", (_request, response) => void response.type("application/json").send(made().json));
  router.get("/docs", (_request, response) => void response.type("text/html").send(made().page));
  router.get("/docs/page.css", (_request, response) => {
    response.set("cache-control", "public, max-age=31536000, immutable").type("text/css").send(style);
  });
  router.all(["/openapi.json", "/docs", "/docs/page.css"], onlyMethods("GET"));
  return router;
}

/** Made when it is first asked for: most processes never are. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
