/*
 * What Chartbell runs inside a page, as source text: the page's globals are not this program's, and CDP evaluates text even
 * where the page's Content-Security-Policy forbids scripts.
 */

/** The first visible match, looking into open shadow roots when the document itself has none. */
const findVisible = `
  const isShown = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && element.checkVisibility({ visibilityProperty: true });
  };
  const findVisible = (selector, root = document) => {
    for (const element of root.querySelectorAll(selector)) if (isShown(element)) return element;
    for (const host of root.querySelectorAll("*")) {
      const found = host.shadowRoot === null ? null : findVisible(selector, host.shadowRoot);
      if (found !== null) return found;
    }
    return null;
  };`;

/** Brings an element into the window: pages draw what is looked at, and an inner scroll area shows only part of itself. */
export function scrollTo(selector: string): string {
  return `(() => { ${findVisible}
    const element = findVisible(${JSON.stringify(selector)});
    const { top, left, bottom, right } = element?.getBoundingClientRect() ?? { top: 0, left: 0, bottom: 0, right: 0 };
    const isInside = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
    if (!isInside) element.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  })()`;
}

export interface Measures {
  readonly scrollX: number;
  readonly scrollY: number;
  /** The window, CSS pixels. */
  readonly windowWidth: number;
  readonly windowHeight: number;
  /** The whole scrollable document, CSS pixels. */
  readonly pageWidth: number;
  readonly pageHeight: number;
  /** The element's box in the document; null when nothing visible matches. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | null;
}

/** Answers Measures, or null while the document is still empty. */
export function measure(selector: string | undefined): string {
  return `(() => { ${findVisible}
    const root = document.scrollingElement ?? document.documentElement;
    if (root === null) return null;
    const rect = ${selector === undefined ? "undefined" : `findVisible(${JSON.stringify(selector)})?.getBoundingClientRect()`};
    return {
      scrollX, scrollY, windowWidth: innerWidth, windowHeight: innerHeight,
      pageWidth: Math.max(innerWidth, root.scrollWidth), pageHeight: Math.max(innerHeight, root.scrollHeight),
      box: rect === undefined ? null
        : { x: rect.x + scrollX, y: rect.y + scrollY, width: rect.width, height: rect.height },
    };
  })()`;
}

/**
 * Makes elements invisible, keeping their place. A constructed style sheet, because a page's Content-Security-Policy may
 * forbid style elements; children with a visibility of their own are hidden too.
 */
export function hideElements(selectors: readonly string[]): string {
  return `(() => {
    if (window.__chartbellHides === document) return;
    const sheet = new CSSStyleSheet();
    for (const selector of ${JSON.stringify(selectors)}) {
      document.querySelector(selector);
      sheet.insertRule(\`:is(\${selector}), :is(\${selector}) * { visibility: hidden !important; }\`);
    }
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    Object.defineProperty(window, "__chartbellHides", { value: document, configurable: true });
  })()`;
}

/**
 * Runs before a page's own scripts: notes what the page tells once only. That is the animation frames it asks for, the DOM
 * event a portal names as its sign of being ready, and Grafana's report to its image renderer, a function call with JSON that
 * says whether it went well.
 */
export function takeNotes(event: string | undefined): string {
  return `(() => {
    const keep = (name, value) =>
      Object.defineProperty(window, name, { value, configurable: true, writable: true, enumerable: false });
    keep("__grafanaImageRendererMessageChannel", (message) => {
      let report;
      try { report = JSON.parse(message); } catch { report = null; }
      if ((report?.type ?? "REPORT_RENDER_COMPLETE") !== "REPORT_RENDER_COMPLETE") return;
      keep("__chartbellGrafanaDone", true);
      keep("__chartbellGrafanaFailed", report?.data?.success === false);
    });
    const awaited = new Set();
    keep("__chartbellFramesAwaited", awaited);
    const { requestAnimationFrame: ask, cancelAnimationFrame: forget } = window;
    window.requestAnimationFrame = function requestAnimationFrame(callback) {
      const isCallable = typeof callback === "function";
      const id = ask.call(window, isCallable ? (time) => { awaited.delete(id); callback(time); } : callback);
      awaited.add(id);
      return id;
    };
    window.cancelAnimationFrame = function cancelAnimationFrame(id) {
      awaited.delete(id);
      forget.call(window, id);
    };
    const event = ${JSON.stringify(event ?? null)};
    if (event === null) return;
    keep("__chartbellEvents", {});
    const seen = () => { window.__chartbellEvents[event] = true; };
    for (const target of [window, document]) target.addEventListener(event, seen, { capture: true });
  })()`;
}

/** Runs before a page's own scripts: its Date is this many milliseconds later than its clock says. */
export function shiftedDate(byMs: number): string {
  return `(() => {
    const Native = Date;
    const now = () => Native.now() + ${Math.round(byMs)};
    const Shifted = function Date(...args) {
      if (new.target === undefined) return new Native(now()).toString();
      return Reflect.construct(Native, args.length === 0 ? [now()] : args, new.target);
    };
    Shifted.prototype = Native.prototype;
    Native.prototype.constructor = Shifted;
    Object.assign(Shifted, { now, parse: Native.parse, UTC: Native.UTC });
    window.Date = Shifted;
  })();`;
}

/** What pulses or glows for ever is drawn at rest. */
export const endEndlessAnimations = `for (const animation of document.getAnimations()) {
  if (animation.effect?.getComputedTiming().iterations === Infinity) animation.cancel();
}`;

/** Answers when the fonts in use are there. */
export const fontsLoaded = `document.fonts.ready.then(() => true)`;
