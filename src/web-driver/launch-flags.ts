/*
 * Chromium takes the last --enable-features and forgets the ones before, so a list of ours has to repeat Playwright's; a
 * test compares it with the command line of a running browser. --disable-features is left to Playwright alone.
 */
const playwrightFeatures = ["CDPScreenshotNewSurface", "SkipListAccountsWithoutGaiaCookies"];

/**
 * Cookies belong to a host, not to a port: without these two, a portal's session cookie would also go to every other
 * service on the portal's machine.
 */
const originCookies = ["EnablePortBoundCookies", "EnableSchemeBoundCookies"];

export const launchFlags: readonly string[] = [
  `--enable-features=${[...playwrightFeatures, ...originCookies].join(",")}`,
  // The proxy resolves names. The browser itself can resolve nothing, so whatever passed the proxy by gets nowhere.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  "--dns-prefetch-disable",
  // WebRTC speaks UDP, which no proxy sees: three STUN packets reached a forbidden port before this was set.
  "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--webrtc-ip-handling-policy=disable_non_proxied_udp",
  "--disable-quic",
  "--no-pings",
  "--disable-domain-reliability",
  "--deny-permission-prompts",
  "--disable-notifications",
  // Whole tiles are drawn anew, so that a line's edge does not tell what was drawn there before.
  "--disable-partial-raster",
  // Text has the same width on every machine.
  "--font-render-hinting=none",
];

/** Frames are drawn when asked for, whole, and their animations take the time that comes with them. Headless shell only. */
export const frameFlags: readonly string[] = [
  "--enable-begin-frame-control",
  "--run-all-compositor-stages-before-draw",
  "--disable-threaded-animation",
  "--disable-threaded-scrolling",
  "--disable-checker-imaging",
  "--disable-new-content-rendering-timeout",
  "--disable-image-animation-resync",
];
