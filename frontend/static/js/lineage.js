/* The lineage as a picture; the list beside it says the same. */
(() => {
  const shapes = { dataset: "barrel", run: "round-rectangle", "logged-model": "ellipse", version: "diamond" };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const style = () => [
    {
      selector: "node",
      style: {
        label: "data(label)", shape: "data(shape)", width: 26, height: 26, "font-size": 11, "text-valign": "bottom",
        "text-margin-y": 5, "text-wrap": "ellipsis", "text-max-width": 130, color: colour("--bs-body-color"),
        "background-color": colour("--bs-body-bg"), "border-width": 2, "border-color": colour("--ew-accent"),
      },
    },
    { selector: "node[kind = 'version']", style: { "background-color": colour("--ew-accent"), "font-weight": 700 } },
    { selector: "node[?vanished]", style: { "border-style": "dotted" } },
    {
      selector: "edge",
      style: {
        width: 1.5, "line-color": colour("--ew-line-strong"), "target-arrow-color": colour("--ew-line-strong"),
        "target-arrow-shape": "triangle", "arrow-scale": 0.8, "curve-style": "bezier",
      },
    },
    { selector: "edge[?asserted]", style: { "line-style": "dashed" } },
  ];
  const draw = (place) => {
    const { nodes, edges } = JSON.parse(document.getElementById(place.dataset.lineage).textContent);
    const elements = [
      ...nodes.map((node) => ({ data: { ...node, shape: shapes[node.kind] } })),
      ...edges.map((edge) => ({ data: { source: edge.from, target: edge.to, asserted: edge.asserted } })),
    ];
    const picture = window.cytoscape({
      container: place, elements, style: style(), userZoomingEnabled: false, autoungrabify: true,
      layout: { name: "dagre", rankDir: "LR", nodeSep: 34, rankSep: 90, padding: 24, animate: false },
      maxZoom: 1.2,
    });
    document.addEventListener("theme", () => picture.style(style()));
  };
  for (const place of document.querySelectorAll("[data-lineage]")) draw(place);
})();
