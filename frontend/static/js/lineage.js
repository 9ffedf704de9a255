/* The lineage as a picture; the list beside it says the same. The library is fetched once the picture is in sight. */
(() => {
  const shapes = { dataset: "barrel", prompt: "tag", run: "round-rectangle", "logged-model": "ellipse", version: "diamond" };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const style = () => [
    {
      selector: "node",
      style: {
        label: "data(short)", shape: "data(shape)", width: 26, height: 26, "font-size": 11, "text-valign": "bottom",
        "text-margin-y": 5, "text-wrap": "wrap", "text-max-width": 110,
        "text-background-color": colour("--bs-body-bg"), "text-background-opacity": 0.85, color: colour("--bs-body-color"),
        "background-color": colour("--bs-body-bg"), "border-width": 2, "border-color": colour("--ew-accent"),
      },
    },
    { selector: "node[kind = 'version']", style: { "background-color": colour("--ew-accent"), "font-weight": 700 } },
    { selector: "node[?vanished]", style: { "border-style": "dotted" } },
    { selector: "node:selected", style: { "border-width": 5 } },
    {
      selector: "edge",
      style: {
        width: 1.5, "line-color": colour("--ew-line-strong"), "target-arrow-color": colour("--ew-line-strong"),
        "target-arrow-shape": "triangle", "arrow-scale": 0.8, "curve-style": "bezier",
      },
    },
    { selector: "edge[?asserted]", style: { "line-style": "dashed" } },
  ];
  const fetched = (address) =>
    new Promise((done, failed) => {
      const script = document.createElement("script");
      Object.assign(script, { src: address, onload: done, onerror: failed });
      document.head.append(script);
    });
  const LONGEST = 40; // letters: what two lines below a node hold
  const breakable = (label) => label.replace(/[-/:_.]+/g, "$&\u200b");
  const shortened = (label) => (label.length > LONGEST ? `${label.slice(0, 20)}… ${label.slice(-19)}` : label);
  const elementsOf = ({ nodes, edges }) => [
    ...nodes.map((node) => ({ data: { ...node, short: breakable(shortened(node.label)), shape: shapes[node.kind] } })),
    ...edges.map((edge) => ({ data: { source: edge.from, target: edge.to, asserted: edge.asserted } })),
  ];
  const tell = (figure, node) => {
    const { kind, label, vanished, details } = node.data();
    const said = Object.entries(details).map(([name, text]) => `${name}: ${text}`);
    const head = `${kind.replace("-", " ")} ${label}${vanished ? ", vanished from MLflow" : ""}`;
    figure.querySelector("[data-lineage-chosen]").textContent = [head, ...said].join(" · ");
  };
  const listen = (picture, figure, list) => {
    const tools = figure.querySelector("[data-lineage-tools]");
    tools.hidden = false;
    tools.addEventListener("click", ({ target }) => {
      const { zoom } = target.dataset;
      if (zoom === "fit") picture.fit(undefined, 24);
      else if (zoom) picture.zoom({ level: picture.zoom() * zoom, renderedPosition: { x: picture.width() / 2, y: picture.height() / 2 } });
    });
    picture.on("select", "node", ({ target }) => tell(figure, target));
    for (const item of list.querySelectorAll("[data-node]")) {
      item.addEventListener("focusin", () => {
        picture.nodes().unselect();
        picture.getElementById(item.dataset.node).select();
      });
    }
    document.addEventListener("theme", () => picture.style(style()));
  };
  const draw = async (place) => {
    const said = JSON.parse(document.getElementById(place.dataset.lineage).textContent);
    for (const address of place.dataset.scripts.split(" ")) await fetched(address);
    const picture = window.cytoscape({
      container: place, elements: elementsOf(said), style: style(), userZoomingEnabled: false, autoungrabify: true,
      layout: { name: "dagre", rankDir: "LR", nodeSep: 48, rankSep: 90, padding: 24, animate: false },
      maxZoom: 4, minZoom: 0.02,
    });
    if (picture.zoom() > 1.2) picture.zoom(1.2).center();
    const around = place.closest(".lineage");
    listen(picture, around.querySelector(".lineage-figure"), around.querySelector(".lineage-list"));
  };
  const watch = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      draw(target);
    }
  }, { rootMargin: "200px" });
  for (const place of document.querySelectorAll("[data-lineage]")) watch.observe(place);
})();
