import {
  AmbientLight,
  BoxGeometry,
  DirectionalLight,
  GridHelper,
  Mesh,
  MeshLambertMaterial,
  PerspectiveCamera,
  Scene,
  WebGLRenderer,
} from "three";

const colors = ["#2f80ed", "#f2994a", "#27ae60"];
const growMs = 1000;
const scenes = new WeakMap();

/** Bars in space (WebGL) that grow while the camera turns into its place. */
export function draw(container, data) {
  const known = scenes.get(container);
  if (known !== undefined) {
    known.render();
    return Promise.resolve();
  }
  const { clientWidth: width, clientHeight: height } = container;
  const renderer = new WebGLRenderer({ antialias: true, alpha: true });
  renderer.setSize(width, height);
  container.append(renderer.domElement);
  const scene = new Scene();
  scene.add(new AmbientLight("#ffffff", 1.2), new GridHelper(24, 12));
  const light = new DirectionalLight("#ffffff", 2);
  light.position.set(6, 12, 8);
  scene.add(light);
  const top = Math.max(...data.series.flatMap(({ values }) => values));
  const bars = data.series.flatMap(({ values }, series) =>
    values.map((value, index) => {
      const material = new MeshLambertMaterial({ color: colors[series] });
      const bar = new Mesh(new BoxGeometry(0.6, (value / top) * 8, 0.6), material);
      bar.position.set(index - values.length / 2, 0, series * 1.4);
      scene.add(bar);
      return bar;
    }),
  );
  const camera = new PerspectiveCamera(45, width / height, 0.1, 100);
  const place = (part) => {
    for (const bar of bars) {
      bar.scale.y = Math.max(0.001, part);
      bar.position.y = (bar.geometry.parameters.height * bar.scale.y) / 2;
    }
    const angle = 0.6 + (1 - part) * 0.8;
    camera.position.set(Math.sin(angle) * 26, 14, Math.cos(angle) * 26);
    camera.lookAt(0, 2, 0);
    renderer.render(scene, camera);
  };
  scenes.set(container, { render: () => place(1) });
  return new Promise((resolve) => {
    const startMs = performance.now();
    const step = (nowMs) => {
      const part = Math.min(1, Math.max(0, (nowMs - startMs) / growMs));
      place(part);
      if (part < 1) requestAnimationFrame(step);
      else resolve();
    };
    requestAnimationFrame(step);
  });
}
