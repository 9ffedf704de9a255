/* Digests are shown short and copy whole. */
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("copied");
    window.setTimeout(() => button.classList.remove("copied"), 1500);
  });
}
