import { ask, pause } from "../dashboard.js";

// The session has run out: the application puts its sign-in form in the place of the charts.
await pause(200);
try {
  await ask("cpu", { status: 401 });
} catch {
  document.querySelector("main").innerHTML = `<form class="panel sign-in"><h2>Sign in</h2>
    <label>User <input name="user" autocomplete="username"></label>
    <label>Password <input name="password" type="password" autocomplete="current-password"></label>
    <button>Sign in</button></form>`;
}
