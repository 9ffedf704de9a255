/* A text may come from a file, so that nobody has to copy what their editor holds. */
for (const part of document.querySelectorAll("[data-loads]")) {
  const into = document.getElementById(part.dataset.loads);
  if (!into) continue;
  part.hidden = false;
  part.querySelector("input").addEventListener("change", async ({ target }) => {
    const [file] = target.files;
    if (!file) return;
    into.value = await file.text();
    into.focus();
    into.setSelectionRange(0, 0);
  });
}
