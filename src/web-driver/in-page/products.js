/*
 * Runs inside the page: products that say in their own way whether they have finished drawing. Each is recognised by what
 * the page is, never by configuration, and answers undefined for a page that is none of its own. Contracts as the products'
 * own renderers use them: Grafana's image renderer, Kibana's screenshotting, Superset's and Lightdash's reports, ATSD's portals.
 */
[
  function grafana({ all, isShown }) {
    const isScenes = window.__grafanaSceneContext !== undefined || window.__grafanaRunningQueryCount !== undefined;
    const panels = all("[data-panelid], [data-viz-panel-key], .panel-container").filter(isShown);
    if (window.grafanaBootData === undefined && !isScenes) return undefined;
    const missing = [];
    const isBound = window.__grafanaRenderBindingSupported === true;
    if (isBound && window.__chartbellGrafanaDone !== true)
      missing.push("Grafana had not reported that its panels are drawn");
    const running = window.__grafanaRunningQueryCount;
    if (typeof running === "number" && running > 0) missing.push(`${running} Grafana queries were running`);
    if (panels.length === 0) missing.push("Grafana had mounted no panel");
    for (const panel of panels) {
      if (
        panel.querySelector("[aria-label='Panel loading bar'], [data-testid='panel-loading-bar'], .panel-loading") !==
        null
      ) {
        missing.push(
          `a Grafana panel (${(panel.getAttribute("data-panelid") ?? panel.innerText.split("\n")[0]).slice(0, 40)}) was loading`,
        );
      }
    }
    return { name: "Grafana", missing, isReady: isBound && missing.length === 0 };
  },

  function kibana({ all }) {
    const counter = document.querySelector("[data-shared-items-count]");
    const items = all("[data-shared-item], [data-render-complete]");
    if (counter === null && all("[data-render-complete]").length === 0) return undefined;
    const done = items.filter((item) => item.getAttribute("data-render-complete") === "true").length;
    const expected = counter === null ? items.length : Number(counter.getAttribute("data-shared-items-count"));
    const missing =
      done < expected ? [`${expected - done} of ${expected} Kibana visualizations were not rendered`] : [];
    const failed = all("[data-render-error]").map((item) => item.getAttribute("data-render-error"));
    return {
      name: "Kibana",
      missing: [
        ...missing,
        ...failed.map((reason) => `a Kibana visualization failed: ${String(reason).slice(0, 100)}`),
      ],
      isReady: missing.length === 0,
    };
  },

  function superset({ all, isShown }) {
    const holders = all(".dashboard-component-chart-holder");
    if (holders.length === 0 && document.querySelector("#app[data-bootstrap] .dashboard") === null) return undefined;
    const end =
      ".slice_container svg, .slice_container canvas, .slice_container table, [role=alert], .ant-empty, .missing-chart-container, .header-line";
    const missing = holders
      .filter(isShown)
      .filter(
        (holder) =>
          holder.querySelector(
            ".loading, [data-test=loading-indicator], .echarts-host:not(.echarts-render-finished)",
          ) !== null || holder.querySelector(end) === null,
      )
      .map(
        (holder) => `the Superset chart ${/dashboard-chart-id-(\d+)/.exec(holder.className)?.[1] ?? ""} was not drawn`,
      );
    if (holders.length === 0) missing.push("Superset had mounted no chart");
    return { name: "Superset", missing, isReady: false };
  },

  function lightdash({ all }) {
    const progress = document.querySelector(
      "#lightdash-ready-progress, [data-lightdash-screenshot], #lightdash-ready-indicator",
    );
    if (progress === null) return undefined;
    const indicator = document.querySelector("#lightdash-ready-indicator");
    const { tilesTotal = "?", tilesReady = "?" } = progress.dataset;
    const missing = indicator === null ? [`${tilesReady} of ${tilesTotal} Lightdash tiles were ready`] : [];
    const errors = all("[data-error-message]").map(
      (item) => `a Lightdash tile failed: ${item.dataset.errorMessage.slice(0, 100)}`,
    );
    return { name: "Lightdash", missing: [...missing, ...errors], isReady: indicator !== null };
  },

  function atsd({ all, isShown }) {
    const widgets = all(".widget, .axi-widget");
    if (
      widgets.length === 0 ||
      (window.updateWidget === undefined &&
        window.axibase === undefined &&
        document.querySelector("[class*=axi-]") === null)
    )
      return undefined;
    const loading = all(".axi-tooltip-info")
      .filter(isShown)
      .filter((tip) => !/loaded/i.test(tip.textContent ?? ""));
    const empty = widgets
      .filter(isShown)
      .filter((widget) => widget.querySelectorAll("svg *, canvas, table td").length < 3);
    const missing = [
      ...loading.map(() => "an ATSD widget was loading"),
      ...empty.map(
        (widget) => `the ATSD widget ${(widget.getAttribute("data-title") ?? widget.id ?? "").slice(0, 40)} was empty`,
      ),
    ];
    return { name: "ATSD", missing, isReady: false };
  },
];
