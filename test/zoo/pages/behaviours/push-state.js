import { address, askAndShow, drawBoth, pause } from "../dashboard.js";

// A single-page application that draws its start view and then goes on to another.
await drawBoth();
await pause(200);
history.pushState(null, "", address(`${location.pathname}/memory`));
const fresh = document.createElement("main");
fresh.innerHTML = '<section class="panel" id="memory"><h2>Memory</h2><div class="panel-body"></div></section>';
document.querySelector("main").replaceWith(fresh);
await askAndShow("memory", { lateMs: 300 });
