// Pictures at full size: a click on one opens it here; a click with a key held opens its link, as ever.

export function prepareViewer(messages) {
  const viewer = document.querySelector("#viewer");
  const stage = viewer.querySelector(".viewer-stage");
  const picture = viewer.querySelector(".viewer-picture");
  let current;

  function show(link) {
    current = link;
    const preview = link.querySelector("img");
    const figure = link.closest("figure");
    stage.classList.remove("is-actual");
    picture.src = link.href;
    picture.alt = preview.alt;
    viewer.querySelector(".viewer-name").textContent = figure.querySelector(".file-name").textContent;
    viewer.querySelector(".viewer-open").href = link.href;
    if (!viewer.open) viewer.showModal();
  }

  function step(by) {
    const links = [...messages.querySelectorAll(".picture-link")];
    const next = links[links.indexOf(current) + by];
    if (next !== undefined) show(next);
  }

  messages.addEventListener("click", (event) => {
    const link = event.target.closest(".picture-link");
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    show(link);
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  stage.addEventListener("click", (event) => {
    if (event.target === picture) stage.classList.toggle("is-actual");
    else viewer.close();
  });
  viewer.querySelector(".viewer-close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("close", () => picture.removeAttribute("src"));
}
