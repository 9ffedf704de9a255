/* Light or dark: as the system has it, or as chosen here. Runs before the first paint. */
(() => {
  const choices = ["system", "light", "dark"];
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return choices.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "system";
    } catch {
      return "system";
    }
  };
  const apply = () => {
    const theme = chosen() === "system" ? (dark.matches ? "dark" : "light") : chosen();
    document.documentElement.dataset.bsTheme = theme;
    for (const name of document.querySelectorAll("[data-theme-name]")) name.textContent = chosen();
    document.dispatchEvent(new CustomEvent("theme"));
  };
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        localStorage.setItem("theme", choices[(choices.indexOf(chosen()) + 1) % choices.length]);
        apply();
      });
    }
    apply();
  });
})();
