/*
 * What surrounds the script of a behaviour (pages/behaviours, same name): the panels, and what else stands on the page.
 */

export interface Behaviour {
  readonly panels?: readonly string[];
  /** Further HTML for the head. */
  readonly head?: string;
  /** HTML at the right end of the page's header. */
  readonly aside?: string;
  /** HTML after the panels. */
  readonly below?: string;
  readonly bodyClass?: string;
  readonly theme?: "light" | "dark";
  /** Puts the header and the footer away: a page made to be embedded. */
  readonly isBare?: true;
}

const six = ["cpu", "requests", "memory", "disk", "network", "errors"];
const wave = '<canvas id="wave" width="160" height="24"></canvas>';
const font = (name: string, path: string, more = ""): string =>
  `<style>@font-face { font-family: "${name}"; src: url("${path}") format("woff2"); ${more} }
   header, .panel h2, footer { font-family: "${name}", "Liberation Sans", sans-serif; }</style>`;
const cssBars = `<style>.css-bar { width: 0; height: 20px; margin: 6px 0; background: #27ae60; }
   .slow .css-bar { transition: width 2s ease-in-out; }</style>`;

export const behaviours = {
  plain: {},
  gap: {},
  chained: {},
  polling: {},
  slow: {},
  "slow-second": {},
  spinner: {},
  dark: { theme: "dark" },
  pulse: {
    head: `<style>.pulse { width: 14px; height: 14px; border-radius: 50%; background: #27ae60;
      animation: pulse 1.1s ease-in-out infinite alternate; }
      @keyframes pulse { to { opacity: 0.2; transform: scale(0.6); } }</style>`,
    aside: '<div class="pulse" title="live"></div>',
  },
  "slow-4s": {},
  "hung-request": {},
  "hung-panel": {},
  "hung-then-slow": {},
  "hung-font": { head: font("Corporate", "/zoo/hang?for=font") },
  "late-font": { head: font("Inter", "/zoo/font?lateMs=900") },
  "hung-image": { aside: '<img src="/zoo/hang?for=image" width="20" height="20" alt="">' },
  "hung-script": { head: '<script async src="/zoo/hang?for=script"></script>' },
  sse: {},
  websocket: {},
  worker: {},
  "worker-timer": {},
  offscreen: {},
  lazy: { panels: six, bodyClass: "tall" },
  "lazy-images": { panels: six, bodyClass: "tall" },
  images: {},
  frames: { aside: '<b id="figure">0 requests</b>' },
  "endless-frames": { aside: wave },
  "live-clock": { aside: '<span id="clock"></span>' },
  "location-replace": { panels: [], below: "<p>One moment …</p>" },
  "push-state": {},
  redirect: {},
  iframe: {},
  "iframe-other": {},
  "iframe-late": {},
  "late-wave": {},
  "frame-wait": {},
  "embedded-late": { panels: ["requests"], isBare: true },
  embedded: { panels: ["requests"], isBare: true },
  "error-panel": { panels: ["cpu", "requests", "memory"] },
  retry: {},
  "no-data": {},
  "endless-spinner": {},
  "loading-text": {},
  skeleton: {},
  "empty-box": {},
  "css-transition": { head: cssBars, bodyClass: "slow" },
  "web-animation": { head: cssBars },
  "timeout-chain": {},
  "idle-callback": {},
  debounce: {},
  "resize-observer": {},
  "long-poll": {},
  sequence: {},
  chunked: {},
  analytics: {},
  "relative-range": {},
  "meta-refresh": { head: '<meta http-equiv="refresh" content="30">' },
  "idle-overlay": {
    head: `<style>.overlay { position: fixed; inset: 0; display: grid; place-content: center; font-size: 24px;
      background: #000c; color: #fff; }</style>`,
  },
  shadow: { panels: ["cpu"], below: '<series-panel class="panel" series="requests"></series-panel>' },
  video: { aside: '<video src="/zoo/video" width="64" height="36" autoplay muted loop></video>' },
  cooperating: { aside: wave },
  "cooperating-late": {},
  "login-spa": {},
  "login-hidden": {
    below: `<div style="display: none"><form><input name="user"><input name="password" type="password"></form></div>`,
  },
} as const satisfies Readonly<Record<string, Behaviour>>;

export type BehaviourName = keyof typeof behaviours;

export function behaviourOf(name: string): Behaviour | undefined {
  return Object.hasOwn(behaviours, name) ? behaviours[name as BehaviourName] : undefined;
}
