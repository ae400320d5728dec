import { askAndShow } from "../dashboard.js";

// Each panel asks for its data when it comes into view.
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    void askAndShow(target.id, { lateMs: 150 });
  }
});
for (const panel of document.querySelectorAll(".panel")) observer.observe(panel);
