/*
 * Runs inside the page: what a person would say is not finished about it. A function of the portal's own conditions; the
 * answer is plain data (Look in look.ts). Nothing here waits: it is asked again and again while the page's time is stepped.
 */
(conditions) => {
  const isShown = (element) => {
    const { width, height, bottom, right, top, left } = element.getBoundingClientRect();
    const { innerHeight, innerWidth } = element.ownerDocument.defaultView;
    const isInWindow = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
    return width > 0 && height > 0 && isInWindow && isVisible(element);
  };
  const isVisible = (element) =>
    element.checkVisibility({
      checkOpacity: true,
      checkVisibilityCSS: true,
      opacityProperty: true,
      visibilityProperty: true,
    });
  /** Documents of other origins are closed to us. */
  const within = ({ shadowRoot, contentDocument }) => shadowRoot ?? contentDocument ?? null;
  const rootsIn = (root) => [
    root,
    ...[...root.querySelectorAll("*")]
      .filter((element) => within(element) !== null && (element.localName !== "iframe" || isShown(element)))
      .flatMap((element) => rootsIn(within(element))),
  ];
  const roots = rootsIn(document);
  const endlessAnimations = () =>
    roots
      .flatMap((root) => root.getAnimations())
      .filter((one) => one.effect?.getComputedTiming().iterations === Infinity && one.playState === "running");
  /** Every match, also in open shadow roots and in frames of the page's own origin. */
  const all = (selector) => roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  const isMatched = (selector) =>
    all(selector).some((element) => element.getClientRects().length > 0 && isVisible(element));
  /** A property of the page's window that its own scripts do not come across. */
  const keep = (name, value) =>
    Object.defineProperty(window, name, { value, configurable: true, writable: true, enumerable: false });
  /** Whether less than `ms` of page time has passed since it was first asked about. */
  const isRecent = (what, ms) => {
    if (window.__chartbellSince === undefined) keep("__chartbellSince", {});
    const since = window.__chartbellSince;
    since[what] ??= performance.now();
    return performance.now() - since[what] < ms;
  };
  /** A promise is looked at again when it has settled: no look waits. One that came to nothing is asked for anew. */
  const isTrue = () => {
    const before = window.__chartbellAsked;
    if (before?.isSettled === false) return false;
    if (before?.value) return true;
    const value = conditions.evaluate();
    const isPromise = typeof value?.then === "function";
    const asked = { isSettled: false };
    keep("__chartbellAsked", isPromise ? asked : undefined);
    if (isPromise) {
      value.then(
        (settled) => Object.assign(asked, { isSettled: true, value: settled }),
        (error) => Object.assign(asked, { isSettled: true, error }),
      );
    }
    if (before?.error !== undefined) throw before.error;
    return !isPromise && Boolean(value);
  };
  const nameOf = (element) => {
    const classes = typeof element.className === "string" ? element.className.trim().split(/\s+/).slice(0, 2) : [];
    const own = [element.id === "" ? "" : `#${element.id}`, ...classes.filter(Boolean).map((name) => `.${name}`)].join(
      "",
    );
    return `${element.localName}${own}`.slice(0, 60);
  };
  /** Drawn things in an SVG; a single line is a sparkline when it has a size. */
  const isMarked = (svg) =>
    svg.querySelectorAll("*").length > 2 ||
    [...svg.querySelectorAll("path, polyline, polygon, text, image, use")].some((mark) => {
      const { width, height } = mark.getBoundingClientRect();
      return width >= 20 || height >= 20;
    });
  const hasMarks = (box) =>
    box.matches("canvas, img, video, iframe, table") ||
    box.querySelector("canvas, img, video, iframe, object, table, meter, progress") !== null ||
    [box, ...box.querySelectorAll("svg")].some((element) => element.localName === "svg" && isMarked(element)) ||
    box.innerText.trim() !== "" ||
    box.shadowRoot !== null ||
    getComputedStyle(box).backgroundImage !== "none";

  /** Signs that something is still coming, as dashboards and component libraries show them. */
  const spinnerSelector = [
    "[aria-busy=true]",
    "[role=progressbar]:not([aria-valuenow='100'])",
    "[class*=spinner i]",
    "[class*=skeleton i]",
    "[class*=shimmer i]",
    ".loading",
    ".loader",
    ".is-loading",
    ".highcharts-loading",
    ".ant-spin-spinning",
    "progress:indeterminate",
    "[data-testid*=spinner i]",
    "[data-testid*='Loading' ]",
  ].join(",");
  const sureSigns = [
    "[aria-busy=true], [role=progressbar], progress, .loading, .loader, .is-loading, .highcharts-loading",
    ".ant-spin-spinning, .spinner, .skeleton, .shimmer",
  ].join(",");
  /** Guessed from a part of its name, it may as well be what stays around the chart, or a number field with arrows. */
  const holdsContent = (element) =>
    element.matches("html, body, input, select, button") ||
    element.querySelector("canvas, table, iframe, input, select, button") !== null ||
    element.textContent.trim().length > 80;
  const isWaiting = (element) => {
    if (!isShown(element)) return false;
    const { width, height } = element.getBoundingClientRect();
    const heightMin = element.matches("progress, [role=progressbar]") ? 1 : 6;
    if (width < 6 || height < heightMin) return false;
    // A progress bar that tells a share of something is content.
    if (element.matches("meter, progress[value], [aria-valuenow]:not([aria-valuenow='0'])")) return false;
    return element.matches(sureSigns) || !holdsContent(element);
  };
  /** Something small that turns for ever is a loading sign, whatever its name. */
  const turning = () =>
    endlessAnimations()
      .filter((one) =>
        one.effect
          .getKeyframes()
          .some(({ transform = "", rotate = "" }) => /rotate|turn|deg/.test(`${transform} ${rotate}`)),
      )
      .map((one) => one.effect.target)
      .filter((element) => element !== null && isWaiting(element) && element.getBoundingClientRect().width <= 200);
  const spinners = () =>
    [...new Set([...all(spinnerSelector).filter(isWaiting), ...turning()])].map(
      (element) => `a loading sign (${nameOf(element)}) was still shown`,
    );

  const boxSelector =
    "[class*=chart i], [id*=chart i], [class*=graph i], [id*=graph i], [class*=plot i], [data-panelid]";
  /** The body of a panel that nothing was ever put into. */
  const isBareBody = (box) =>
    box.childElementCount === 0 && box.parentElement?.matches("[class*=panel i], [class*=widget i], [class*=tile i]");
  const bareBodies = () => all("[class*=panel i] > *, [class*=widget i] > *, [class*=tile i] > *").filter(isBareBody);
  const emptyBoxes = () =>
    [...new Set([...all(boxSelector), ...bareBodies()])]
      .filter((box) => box.closest("svg") === null && !box.matches("script, style, link, template, canvas"))
      .filter((box) => {
        const { width, height } = box.getBoundingClientRect();
        return width >= 100 && height >= 60 && isShown(box) && !hasMarks(box);
      })
      .filter((box, _index, boxes) => !boxes.some((other) => other !== box && box.contains(other)))
      .map((box) => `the chart box ${nameOf(box)} was still empty`);

  const isChart = (element) => {
    const { width, height } = element.getBoundingClientRect();
    if (width < 60 || height < 40 || !isShown(element)) return false;
    if (element.localName === "img") return element.complete && element.naturalWidth > 0;
    return element.localName !== "svg" || isMarked(element);
  };
  /** Layers in the same place are one chart. */
  const charts = () => {
    const byPlace = new Map();
    for (const element of all("canvas, svg, img").filter(isChart)) {
      const { x, y, width, height } = element.getBoundingClientRect();
      byPlace.set([x, y, width, height].map(Math.round).join(" "), element);
    }
    return [...byPlace.values()];
  };
  const passwords = () => all("input[type=password]").filter(isShown);
  /** Charts that a sign-in page would not have: no logos, no illustrations, nothing that lies behind the password. */
  const telling = () => {
    const fields = passwords().map((field) => field.getBoundingClientRect());
    return charts().filter((chart) => {
      const { top, left, bottom, right, width, height } = chart.getBoundingClientRect();
      if (fields.length === 0) return true;
      if (
        fields.some((field) => top <= field.top && left <= field.left && bottom >= field.bottom && right >= field.right)
      )
        return false;
      if (chart.localName === "img") return false;
      return width >= 150 && height >= 60 && (chart.localName === "canvas" || chart.querySelector("text") !== null);
    });
  };

  const asked = () => {
    const missing = [];
    const { selector, cropSelector, expression, charts: chartsMin, event } = conditions;
    for (const wanted of [selector, cropSelector]) {
      if (wanted !== undefined && !isMatched(wanted)) missing.push(`nothing visible matched "${wanted}"`);
    }
    if (expression !== undefined && !isTrue()) missing.push("the ready expression was not true");
    if (event !== undefined && window.__chartbellEvents?.[event] !== true)
      missing.push(`the event ${event} had not come`);
    const count = chartsMin === undefined ? 0 : charts().length;
    if (chartsMin !== undefined && count < chartsMin) missing.push(`${count} of ${chartsMin} charts were drawn`);
    return missing;
  };

  const endless = () => {
    const [animation] = endlessAnimations();
    return animation?.effect?.target ? nameOf(animation.effect.target) : undefined;
  };

  const root = document.documentElement;
  if (root === null) return { isLoading: true, missing: [] };
  const claim = root.dataset.chartbellReady;
  const product = conditions.products
    .map((find) => find({ all, isShown, isVisible, isRecent }))
    .find((found) => found !== undefined);
  const isClaimed = claim === "true" || product?.isReady === true;
  const problems = [root.dataset.chartbellError, ...(product?.failed ?? [])].filter(Boolean);
  return {
    isLoading: document.readyState !== "complete",
    awaitsFrame: (window.__chartbellFramesAwaited?.size ?? 0) > 0,
    isClaimed,
    product: product?.name,
    missing: [
      ...asked(),
      ...(claim !== undefined && claim !== "true" ? ["the page had not said that it is ready"] : []),
      ...(product?.missing ?? []),
      ...(isClaimed ? [] : [...spinners(), ...emptyBoxes()]),
    ].slice(0, 20),
    problem: problems.length === 0 ? undefined : problems.join("; "),
    hasPassword: passwords().length > 0,
    chartCount: telling().length,
    endless: endless(),
  };
};
