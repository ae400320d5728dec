/*
 * Runs inside the page: products that say in their own way whether they have finished drawing. Each is recognised by what
 * the page is, never by configuration, and answers undefined for a page that is none of its own. Contracts as the products'
 * own renderers use them: Grafana's image renderer, Kibana's screenshotting, Superset's and Lightdash's reports, ATSD's portals.
 * `missing` is waited for, `failed` has come to its end badly. `isRecent(what, ms)`: less than `ms` of page time has passed
 * since it was first asked about, for signs that may or may not come.
 */
[
  function grafana({ all, isShown, isVisible, isRecent }) {
    const isScenes = window.__grafanaSceneContext !== undefined;
    const running = window.__grafanaRunningQueryCount;
    if (window.grafanaBootData === undefined && !isScenes && running === undefined) return undefined;
    const panelSelector = "[data-viz-panel-key], [data-panelid], .panel-container";
    const panels = all(panelSelector).filter((panel) => isShown(panel) && !panel.parentElement?.closest(panelSelector));
    const shows = (panel, selector) => [...panel.querySelectorAll(selector)].some(isVisible);
    const titleOf = (panel) => {
      const header = panel.querySelector("[data-testid*='Panel header ']:not([data-testid*='Panel header item'])");
      const title =
        header?.dataset.testid.split("Panel header ")[1] ??
        panel.querySelector(".panel-title")?.textContent ??
        panel.getAttribute("data-viz-panel-key") ??
        panel.getAttribute("data-panelid");
      return title ? ` "${title.trim().slice(0, 40)}"` : "";
    };
    const loading = [
      "[aria-label='Panel loading bar']",
      "[data-testid$='Panel loading bar']",
      "[data-testid='panel-loading-bar']",
      ".panel-loading",
    ].join(",");
    const content = "[class$='panel-content'], [data-testid='data-testid panel content']";
    const isEmpty = (panel) =>
      [...panel.querySelectorAll(content)].some((box) => box.childElementCount === 0 && box.textContent.trim() === "");
    const missing = [];
    if (running > 0) missing.push(`${running} Grafana ${running === 1 ? "query was" : "queries were"} running`);
    for (const panel of panels) {
      if (shows(panel, loading)) missing.push(`the Grafana panel${titleOf(panel)} was loading`);
      else if (isEmpty(panel)) missing.push(`the Grafana panel${titleOf(panel)} was empty`);
    }
    if (panels.length === 0 && isRecent("grafana panels", 5000)) missing.push("Grafana had mounted no panel");
    const hasAsked = performance
      .getEntriesByType("resource")
      .some(({ name }) => /\/api\/(ds|datasources)\//.test(name));
    if (isScenes && !hasAsked && isRecent("grafana queries", 3000)) missing.push("Grafana had not begun its queries");
    // The server announces the report for every page, but only pages made for reports give one.
    const isBound = window.__grafanaRenderBindingSupported === true;
    const isDone = window.__chartbellGrafanaDone === true;
    if (isBound && !isDone && missing.length === 0 && isRecent("grafana report", 5000)) {
      missing.push("Grafana had not reported that its panels are drawn");
    }
    const status = "[data-testid$='Panel status error'], [aria-label='Panel status error'], .panel-info-corner--error";
    const failed = panels
      .filter((panel) => shows(panel, status))
      .map((panel) => `the Grafana panel${titleOf(panel)} shows an error`);
    if (window.__chartbellGrafanaFailed === true) failed.push("Grafana reported that it could not draw the page");
    return { name: "Grafana", missing, failed, isReady: isBound && isDone && missing.length === 0 };
  },

  function kibana({ all, isShown }) {
    const counter = document.querySelector("[data-shared-items-count]");
    const itemSelector = "[data-shared-item], [data-render-complete]";
    const items = all(itemSelector).filter((item) => !item.parentElement?.closest(itemSelector));
    if (counter === null && all("[data-render-complete]").length === 0) return undefined;
    const expected = counter === null ? items.length : Number(counter.getAttribute("data-shared-items-count"));
    const nameOf = (item) => {
      const title = item.getAttribute("data-title");
      return title ? ` "${title.slice(0, 40)}"` : "";
    };
    const errors = all("[data-render-error]");
    const hasFailed = (item) => errors.some((error) => item.contains(error));
    // Without the attribute a visualization counts as drawn; "disabled" ones never tell.
    const missing = items
      .filter((item) => item.dataset.renderComplete === "false" && isShown(item) && !hasFailed(item))
      .map((item) => `the Kibana visualization${nameOf(item)} was not rendered`);
    if (items.length < expected) {
      missing.push(`${expected - items.length} of ${expected} Kibana visualizations were not there`);
    }
    const failed = errors.map(
      (error) =>
        `the Kibana visualization${nameOf(error.closest(itemSelector) ?? error)} failed: ${error.dataset.renderError.slice(0, 100)}`,
    );
    const tells = items.length > 0 && items.every((item) => item.dataset.renderComplete === "true");
    return { name: "Kibana", missing, failed, isReady: tells && missing.length === 0 };
  },

  function superset({ all, isShown, isRecent }) {
    // Texts and dividers are holders too, but have no chart's number.
    const holders = all(".dashboard-component-chart-holder[class*='dashboard-chart-id-']");
    if (holders.length === 0 && document.querySelector("#app[data-bootstrap] .dashboard") === null) return undefined;
    const shown = holders.filter(isShown);
    const nameOf = (holder) => `the Superset chart ${/dashboard-chart-id-(\d+)/.exec(holder.className)?.[1] ?? ""}`;
    const has = (holder, selector) => holder.querySelector(selector) !== null;
    const failure = "[role=alert], .missing-chart-container";
    const isDrawn = (holder) =>
      [...holder.querySelectorAll(".slice_container")].some(
        (slice) => slice.querySelector("svg, canvas, table, img, iframe") !== null || slice.textContent.trim() !== "",
      );
    const isOver = (holder) => {
      if (has(holder, ".loading, [data-test=loading-indicator]")) return false;
      if (has(holder, `${failure}, .ant-empty`)) return true;
      return isDrawn(holder) && !has(holder, ".echarts-host:not(.echarts-render-finished)");
    };
    const missing = shown.filter((holder) => !isOver(holder)).map((holder) => `${nameOf(holder)} was not drawn`);
    if (holders.length === 0 && isRecent("superset charts", 5000)) missing.push("Superset had mounted no chart");
    const failed = shown
      .filter((holder) => isOver(holder) && has(holder, failure))
      .map((holder) => `${nameOf(holder)} shows an error`);
    return { name: "Superset", missing, failed, isReady: false };
  },

  function lightdash({ all }) {
    const progress = document.querySelector("#lightdash-screenshot-progress");
    const indicator = document.querySelector("#lightdash-ready-indicator");
    if (progress === null && indicator === null) return undefined;
    const tiles = (name) => {
      try {
        return JSON.parse(progress.dataset[name]);
      } catch {
        return [];
      }
    };
    const errored = tiles("tilesErrored");
    const over = new Set([...tiles("tilesReady"), ...errored]);
    const missing = [];
    if (indicator === null) {
      const left = tiles("tilesExpected").filter((tile) => !over.has(tile));
      missing.push(...left.map((tile) => `the Lightdash tile ${String(tile).slice(0, 40)} was not ready`));
      if (left.length === 0) missing.push("Lightdash had not said that its tiles are ready");
    }
    const failed = errored.map((tile) => `the Lightdash tile ${String(tile).slice(0, 40)} failed`);
    const erroredCount = Number(indicator?.dataset.tilesErrored ?? 0);
    if (failed.length === 0 && erroredCount > 0) failed.push(`${erroredCount} Lightdash tiles failed`);
    for (const item of all("[data-error-message]")) {
      failed.push(`Lightdash failed: ${item.dataset.errorMessage.slice(0, 100)}`);
    }
    return { name: "Lightdash", missing, failed, isReady: indicator !== null };
  },

  function atsd({ all, isShown, isRecent }) {
    const widgets = all(".widget, .axi-widget");
    const isOurs =
      window.updateWidget !== undefined ||
      window.axibase !== undefined ||
      document.querySelector("[class*=axi-]") !== null;
    if (widgets.length === 0 || !isOurs) return undefined;
    const nameOf = (widget) => {
      const title = widget.dataset.title || widget.querySelector("[class*=title]")?.textContent || widget.id;
      return title ? ` "${title.trim().slice(0, 40)}"` : "";
    };
    const tips = all(".axi-tooltip-info").filter(isShown);
    const isLoading = (tip) => /load/i.test(tip.textContent) && !/loaded/i.test(tip.textContent);
    const missing = tips.filter(isLoading).map((tip) => {
      const widget = tip.closest(".widget, .axi-widget");
      return `the ATSD widget${widget === null ? "" : nameOf(widget)} was loading`;
    });
    // A note that covers the chart for some seconds; ATSD's own exporter waits until it is gone.
    if (missing.length === 0 && tips.length > 0 && isRecent("atsd note", 10_000)) {
      missing.push("an ATSD widget showed that it had just loaded");
    }
    const isEmpty = (widget) =>
      widget.querySelector("canvas, img, iframe") === null && widget.querySelectorAll("svg *, table td").length < 3;
    for (const widget of widgets.filter(isShown)) {
      const isAlone = !tips.some((tip) => widget.contains(tip));
      if (isAlone && isEmpty(widget)) missing.push(`the ATSD widget${nameOf(widget)} was empty`);
    }
    return { name: "ATSD", missing, failed: [], isReady: false };
  },
];
