/* j and k walk the rows, o opens the row's link or details, s goes to the signature. Whoever speaks to their computer,
   or touches keys by mistake, turns them off; this browser remembers. */
(() => {
  const areOn = () => {
    try {
      return localStorage.getItem("keys") !== "off";
    } catch {
      return true;
    }
  };
  const rows = [...document.querySelectorAll("[data-row]")];
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const step = (by) => {
    const now = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[Math.min(Math.max(now + by, 0), rows.length - 1)];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  };
  const open = () => {
    const row = rows.find((candidate) => candidate.contains(document.activeElement));
    row?.querySelector("[data-open]")?.click();
  };
  const sign = () => {
    const form = document.querySelector("#sign form, #decide form");
    form?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  };
  const keys = { j: () => step(1), k: () => step(-1), o: open, s: sign };
  document.addEventListener("keydown", (event) => {
    if (!areOn() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  const tell = () => {
    for (const hint of document.querySelectorAll(".keys-hint")) hint.hidden = rows.length === 0 || !areOn();
    for (const other of document.querySelectorAll("[data-keys-other]")) other.textContent = areOn() ? "off" : "on";
  };
  for (const button of document.querySelectorAll("[data-keys-toggle]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      localStorage.setItem("keys", areOn() ? "off" : "on");
      tell();
    });
  }
  tell();
})();
