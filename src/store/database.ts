import { Client, escapeIdentifier, Pool } from "pg";
import type { ClientConfig, PoolClient, QueryResult, QueryResultRow } from "pg";
import { AppError, systemCodeOf } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Logger } from "../core/log.ts";
import { race, wait } from "../core/wait.ts";

/** Runs one parameterised statement; throws store_unavailable when the database is away. */
export type Query = <Row extends QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

type Heard = (payload?: string) => void;

export interface Database extends AsyncDisposable {
  readonly query: Query;
  /** All or nothing. Statements that are asked for at the same time go to the server at the same time, in their order. */
  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;
  /** Calls `heard` with what every NOTIFY on the channel says, and with nothing after every time the listening was interrupted. */
  listen(channel: string, heard: Heard): AsyncDisposable;
}

/** Where the database is: the private server's socket, or the address of store.url. */
export type DatabaseAddress =
  | { readonly host: string; readonly user: string; readonly database: string }
  | { readonly connectionString: string };

/** A pool of at most limits.databaseConnectionsMax connections; nothing is connected yet. */
export function openDatabase(address: DatabaseAddress, log: Logger): Database {
  const settings = {
    ...address,
    application_name: "chartbell",
    connectionTimeoutMillis: limits.databaseConnectMs,
    statement_timeout: limits.databaseStatementMs,
    // The server's own limit does not help where the connection is half open.
    query_timeout: limits.databaseStatementMs + limits.databaseConnectMs,
  };
  const pool = new Pool({ ...settings, max: limits.databaseConnectionsMax, pipeline: true });
  // Without listeners a connection that breaks, idle or in use, would end the process.
  pool.on("error", (error) => log.debug({ reason: error.message }, "An idle database connection broke."));
  pool.on("connect", (client) => client.on("error", () => undefined));
  const nameOf = createStatementNames();
  return {
    query: queryOf(pool, nameOf),
    transaction: async (work) => await transaction(pool, nameOf, work),
    listen: (channel, heard) => listen(settings, channel, heard),
    [Symbol.asyncDispose]: async () => await pool.end(),
  };
}

type NameOf = (text: string) => string | undefined;

/**
 * Names under which every connection keeps a statement prepared: planning one takes longer than running it. Only the first
 * limits.databaseStatementsPrepared texts get a name, so that texts which are made anew each time fill no connection.
 */
function createStatementNames(): NameOf {
  const names = new Map<string, string>();
  return (text) => {
    if (!names.has(text) && names.size < limits.databaseStatementsPrepared) names.set(text, `s${names.size}`);
    return names.get(text);
  };
}

function queryOf(client: Pool | PoolClient, nameOf: NameOf): Query {
  return async <Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) => {
    try {
      // Without values, none or an empty list, a text may hold several statements, and then it has as many results.
      const name = values.length === 0 ? undefined : nameOf(text);
      const results: QueryResult<Row> | QueryResult<Row>[] = await client.query<Row>({
        text,
        values: [...values],
        ...(name === undefined ? {} : { name }),
      });
      return [results].flat().flatMap(({ rows }) => rows);
    } catch (error) {
      throw asAppError(error);
    }
  };
}

async function transaction<Result>(
  pool: Pool,
  nameOf: NameOf,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch((error: unknown) => {
    throw asAppError(error);
  });
  const send = queryOf(client, nameOf);
  let isOver = false;
  // One of several statements may fail while another is still being made up: that one must not be run by itself.
  const query: Query = async (text, values) => {
    if (isOver) throw new Error("The statement's transaction has ended.");
    return await send(text, values);
  };
  try {
    // The first statement does not wait for the answer to this: without a connection both fail, and else it cannot fail.
    const [, result] = await Promise.all([query("begin"), work(query)]);
    await query("commit");
    client.release();
    return result;
  } catch (error) {
    isOver = true;
    const isUsable = await send("rollback").then(
      () => true,
      () => false,
    );
    client.release(!isUsable);
    throw error;
  }
}

function listen(settings: ClientConfig, channel: string, heard: Heard): AsyncDisposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  const connect = async (): Promise<void> => {
    const client = new Client({ ...settings, keepAlive: true });
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    client.on("error", () => undefined);
    client.on("notification", ({ payload }) => heard(payload));
    try {
      await race(client.connect(), signal);
      await race(client.query(`listen ${escapeIdentifier(channel)}`), signal);
      heard();
      await race(ended, signal);
    } finally {
      // Not awaited: a connection that is still being made never says that it has ended.
      client.end().catch(() => undefined);
    }
  };
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await connect().catch(() => undefined);
      await wait(200, signal).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await running;
    },
  };
}

/** The classes of SQLSTATE, and system codes, that say the server is away or going, not that the statement is wrong. */
const awayStates = /^(?:08|57P0|53300)/u;
const awaySystemCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EHOSTUNREACH",
]);
const awayWords =
  /connection (?:terminated|ended)|query read timeout|connection error|connection timeout|timeout exceeded when trying to connect/iu;

function asAppError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  const code = systemCodeOf(error) ?? "";
  const isAway = awayStates.test(code) || awaySystemCodes.has(code) || awayWords.test(error.message);
  if (!isAway) return error;
  return new AppError("store_unavailable", "The database is not there at the moment.", {
    cause: error,
    retryAfterMs: 2000,
  });
}

/** Whether an error says that the database is away, so that trying again can help. */
export function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === "store_unavailable";
}

/** Does something that may be done twice, again and again while the database is away, for at most `forMs`. */
export async function persisting<Result>(forMs: number, work: () => Promise<Result>): Promise<Result> {
  const { signal } = new AbortController();
  for (const untilMs = performance.now() + forMs; ; await wait(50, signal)) {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error) || performance.now() > untilMs) throw error;
    }
  }
}
