import { draw } from "library";
import { ask, askAndShow } from "../dashboard.js";

class SeriesPanel extends HTMLElement {
  async connectedCallback() {
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = '<style>div { height: 380px }</style><div class="inner"></div>';
    await draw(root.querySelector("div"), await ask(this.getAttribute("series"), { lateMs: 300 }));
  }
}

customElements.define("series-panel", SeriesPanel);
await askAndShow("cpu", { lateMs: 120 });
