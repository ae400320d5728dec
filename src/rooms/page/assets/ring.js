// Sound and notifications, for whoever asked for them.

const ringKey = "chartbell.rooms.ring";

export function prepareRing(room) {
  const button = document.querySelector("#ring");
  let sound;
  let isOn = false;
  const set = (on) => {
    isOn = on;
    button.setAttribute("aria-pressed", String(on));
  };
  const unlock = () => (sound ??= new AudioContext());
  try {
    set(localStorage.getItem(ringKey) === "on");
  } catch {
    set(false);
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    set(!isOn);
    try {
      localStorage.setItem(ringKey, isOn ? "on" : "off");
    } catch {
      // It is good for this page then.
    }
    if (!isOn) return;
    play(unlock());
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
  });
  return (message) => {
    if (!isOn || message.querySelector(".rang") === null) return;
    play(unlock());
    if (!document.hidden && document.hasFocus()) return;
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const sender = message.querySelector(".sender").textContent;
    const body = (message.querySelector(".app-card-title, .body")?.textContent ?? "").trim().slice(0, 200);
    const shown = new Notification(`${sender} · ${room}`, { body, tag: message.id });
    shown.addEventListener("click", () => {
      window.focus();
      shown.close();
    });
  };
}

/** Two tones, half a second. A browser that was not touched yet keeps silent. */
function play(sound) {
  void sound.resume();
  const volume = sound.createGain();
  volume.connect(sound.destination);
  for (const [frequency, startS] of [
    [880, 0],
    [1320, 0.14],
  ]) {
    const tone = sound.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(volume);
    tone.start(sound.currentTime + startS);
    tone.stop(sound.currentTime + startS + 0.3);
  }
  volume.gain.setValueAtTime(0.12, sound.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + 0.5);
}
