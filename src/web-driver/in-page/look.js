/*
 * Runs inside the page: what a person would say is not finished about it. A function of the portal's own conditions; the
 * answer is plain data (Look in look.ts). Nothing here waits: it is asked again and again while the page's time is stepped.
 */
(conditions) => {
  const isShown = (element) => {
    const { width, height, bottom, right, top, left } = element.getBoundingClientRect();
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
  const all = (selector) => [...document.querySelectorAll(selector)];
  const deep = (selector, root = document) => [
    ...root.querySelectorAll(selector),
    ...[...root.querySelectorAll("*")].flatMap((host) =>
      host.shadowRoot === null ? [] : deep(selector, host.shadowRoot),
    ),
  ];
  const isMatched = (selector) => {
    const isThere = (element) => element.getClientRects().length > 0 && isVisible(element);
    return all(selector).some(isThere) || deep(selector).some(isThere);
  };
  /** A promise is looked at again when it has settled: no look waits. */
  const isTrue = () => {
    const pending = window.__chartbellAsked;
    if (pending?.isSettled === false) return false;
    if (pending?.error !== undefined) throw pending.error;
    if (pending?.value) return true;
    const value = conditions.evaluate();
    if (typeof value?.then !== "function") return Boolean(value);
    const asked = { isSettled: false };
    Object.defineProperty(window, "__chartbellAsked", { value: asked, configurable: true, writable: true });
    value.then(
      (settled) => Object.assign(asked, { isSettled: true, value: settled }),
      (error) => Object.assign(asked, { isSettled: true, error }),
    );
    return false;
  };
  const nameOf = (element) => {
    const classes = typeof element.className === "string" ? element.className.trim().split(/\s+/).slice(0, 2) : [];
    const own = [element.id === "" ? "" : `#${element.id}`, ...classes.filter(Boolean).map((name) => `.${name}`)].join(
      "",
    );
    return `${element.localName}${own}`.slice(0, 60);
  };
  const isMarked = (element) => element.childElementCount > 2 || element.querySelectorAll("*").length > 2;
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
    "[data-testid*=spinner i]",
    "[data-testid*='Loading' ]",
  ].join(",");
  const isWaiting = (element) => {
    if (!isShown(element)) return false;
    const { width, height } = element.getBoundingClientRect();
    // A progress bar that tells a share of something is content.
    return width >= 6 && height >= 6 && !element.matches("progress, meter, [aria-valuenow]:not([aria-valuenow='0'])");
  };
  const spinners = () =>
    all(spinnerSelector)
      .filter(isWaiting)
      .map((element) => `a loading sign (${nameOf(element)}) was still shown`);

  const boxSelector =
    "[class*=chart i], [id*=chart i], [class*=graph i], [id*=graph i], [class*=plot i], [data-panelid]";
  const emptyBoxes = () =>
    all(boxSelector)
      .filter((box) => box.closest("svg") === null && !box.matches("script, style, link, template, canvas"))
      .filter((box) => {
        const { width, height } = box.getBoundingClientRect();
        return width >= 100 && height >= 60 && isShown(box) && !hasMarks(box);
      })
      .filter((box, _index, boxes) => !boxes.some((other) => other !== box && box.contains(other)))
      .map((box) => `the chart box ${nameOf(box)} was still empty`);

  const charts = () =>
    all("canvas, svg, img").filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      return width >= 60 && height >= 40 && isShown(element) && (element.localName !== "svg" || isMarked(element));
    });

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
    const animation = document
      .getAnimations()
      .find((one) => one.effect?.getComputedTiming().iterations === Infinity && one.playState === "running");
    return animation?.effect?.target ? nameOf(animation.effect.target) : undefined;
  };

  const root = document.documentElement;
  if (root === null) return { isLoading: true, missing: [] };
  const claim = root.dataset.chartbellReady;
  const product = conditions.products
    .map((find) => find({ all, isShown, isVisible }))
    .find((found) => found !== undefined);
  const isClaimed = claim === "true" || product?.isReady === true;
  return {
    isLoading: document.readyState !== "complete",
    areFontsLoading: document.fonts.status === "loading",
    isClaimed,
    product: product?.name,
    missing: [
      ...asked(),
      ...(claim !== undefined && claim !== "true" ? ["the page had not said that it is ready"] : []),
      ...(product?.missing ?? []),
      ...(isClaimed ? [] : [...spinners(), ...emptyBoxes()]),
    ].slice(0, 20),
    problem: root.dataset.chartbellError,
    hasPassword: all("input[type=password]").some(isShown),
    chartCount: charts().length,
    endless: endless(),
  };
};
