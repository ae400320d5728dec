// Writing: the form is sent without leaving the page; the message arrives as all others do.

export function prepareCompose(form, log) {
  const text = form.querySelector("textarea");
  const button = form.querySelector("button");
  const trouble = form.querySelector("#trouble");
  const grow = () => {
    text.style.blockSize = "auto";
    text.style.blockSize = `${text.scrollHeight + 2}px`;
  };
  text.addEventListener("input", grow);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (text.value.trim() !== "") form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    trouble.textContent = await send(form);
    button.disabled = false;
    text.focus();
    if (trouble.textContent !== "") return;
    text.value = "";
    grow();
    form.elements.once.value = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join(
      "-",
    );
    log.scrollTop = 0;
  });
  if (text.value !== "") grow();
}

/** Why it was not sent; empty when it was. */
async function send(form) {
  try {
    // The answer to a message that was taken leads back to the room.
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (answer.type === "opaqueredirect") return "";
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const said = (page.querySelector("#trouble") ?? page.querySelector("main p"))?.textContent.trim();
    return said || `Not sent: the server answered ${answer.status}.`;
  } catch {
    return "Not sent: the server could not be reached. Your text is still here.";
  }
}
