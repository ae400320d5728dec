import { drawBoth, pause } from "../dashboard.js";

// The application starts, reads its settings and builds its menus before it asks for anything.
await pause(700);
await drawBoth();
