// The dashboard's page: the list of the runs, and the figures of those that are chosen, as the
// server's events have them. `vega` is there from vega.js.

/** The runs that were chosen; where none is, the server shows the newest. */
const chosen = new Set(new URLSearchParams(location.search).getAll("run"));

/** The runs that are shown, in the order of their colors. */
let shown = [];

/** The lines of their logs, by run. */
const records = new Map();

/** The figures that are there, by id. */
const figures = new Map();

/** The rows of the list, by run. */
const rows = new Map();

const byId = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

let source;
listen();

/** Listens to the chosen runs, and no longer to others. */
function listen() {
  source?.close();
  records.clear();
  const query = new URLSearchParams([...chosen].map((name) => ["run", name]));
  history.replaceState(null, "", chosen.size > 0 ? `?${query}` : location.pathname);
  source = new EventSource(`events?${query}`);
  const say = (text) => byId("state").textContent = text;
  source.onopen = () => say("live");
  source.onerror = () => say("connection lost; trying again …");
  source.addEventListener("runs", ({ data }) => showRuns(JSON.parse(data)));
  source.addEventListener("figures", ({ data }) => showFigures(JSON.parse(data)));
  source.addEventListener("records", ({ data }) => takeRecords(JSON.parse(data)));
}

function takeRecords({ run, reset, records: lines }) {
  records.set(run, [...(reset ? [] : records.get(run) ?? []), ...lines]);
  for (const figure of figures.values()) draw(figure);
}

function showRuns(runs) {
  byId("none").hidden = runs.length > 0;
  byId("runs").hidden = runs.length === 0;
  for (const [name, row] of rows) {
    if (runs.some((run) => run.name === name)) continue;
    row.remove();
    rows.delete(name);
  }
  const body = byId("runs").tBodies[0];
  runs.forEach((run, i) => {
    const row = rows.get(run.name) ?? newRow(run.name);
    rows.set(run.name, row);
    // A row that is moved would lose the keyboard's focus.
    if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] ?? null);
    fill(row, run);
  });
}

function newRow(name) {
  const box = element("input", { type: "checkbox", id: `show ${name}` });
  box.addEventListener("change", () => {
    // Of the newest run, shown unasked, the first choice makes a chosen one.
    if (chosen.size === 0) shown.forEach((run) => chosen.add(run));
    if (box.checked) chosen.add(name);
    else chosen.delete(name);
    listen();
  });
  const head = element("th", { scope: "row" }, element("label", { htmlFor: box.id }, name));
  const cells = ["state", "number", "number", "number", "number", ""].map((className) =>
    element("td", { className })
  );
  return element("tr", {}, element("td", {}, box), head, ...cells);
}

function fill(row, { name, state, epoch, epochs, step, loss, knn, badLines, report }) {
  const cells = [...row.cells].slice(2);
  const texts = [
    badLines > 0 ? `${state}; lines of its log that are no records: ${badLines}` : state,
    epoch === undefined ? "" : epochs === undefined ? `${epoch}` : `${epoch} / ${epochs}`,
    step?.toLocaleString("en") ?? "",
    loss?.toFixed(4) ?? "",
    knn === undefined ? "" : `${knn.toFixed(2)} %`,
  ];
  texts.forEach((text, i) => {
    if (cells[i].textContent !== text) cells[i].textContent = text;
  });
  row.dataset.state = state;
  if (report && !cells[5].hasChildNodes()) {
    const href = `runs/${encodeURIComponent(name)}/report/`;
    cells[5].append(element("a", { href, ariaLabel: `report of ${name}` }, "report"));
  } else if (!report) cells[5].replaceChildren();
}

function showFigures({ runs, lines, figures: wanted }) {
  shown = runs;
  for (const run of records.keys()) if (!runs.includes(run)) records.delete(run);
  for (const [name, row] of rows) row.cells[0].firstChild.checked = runs.includes(name);
  byId("legend").replaceChildren(...lines.map(legendItem));
  for (const { view } of figures.values()) view.finalize();
  figures.clear();
  const made = wanted.map(newFigure);
  byId("figures").replaceChildren(...made.map(({ place }) => place));
  for (const figure of made) {
    figures.set(figure.id, figure);
    figure.view.initialize(figure.canvas);
    draw(figure);
  }
}

function legendItem({ run, color, dash }) {
  const svg = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(svg, "svg");
  const line = document.createElementNS(svg, "line");
  const attributes = { x1: 0, x2: "100%", y1: "50%", y2: "50%", stroke: color, "stroke-width": 2 };
  for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value);
  line.setAttribute("stroke-dasharray", dash.join(" "));
  picture.setAttribute("aria-hidden", "true");
  picture.append(line);
  return element("li", {}, picture, run);
}

function newFigure({ id, field, share, title, alt, spec }) {
  // Vega gives its own element a role and a name; who sees no figure needs but ours.
  const canvas = element("div");
  const chart = element("div", { className: "chart", role: "img" }, canvas);
  const now = element("span", { className: "now" });
  const place = element(
    "figure",
    { id, className: "card" },
    element("figcaption", {}, title, now),
    chart,
  );
  const view = new vega.View(vega.parse(spec, null, { ast: true }), {
    expr: vega.expressionInterpreter,
    renderer: "svg",
    hover: false,
  });
  return { id, field, share, alt, chart, canvas, now, place, view, stale: false, drawing: false };
}

/**
 * Draws a figure's points as they are. Where they come faster than that, it leaves most of the time
 * to others; a page that is not seen has no animation frames, and draws nothing.
 */
async function draw(figure) {
  figure.stale = true;
  if (figure.drawing) return;
  figure.drawing = true;
  while (figure.stale) {
    await new Promise(requestAnimationFrame);
    if (figures.get(figure.id) !== figure) return;
    figure.stale = false;
    const began = performance.now();
    const points = shown.flatMap((run) => thinned(pointsOf(run, figure.field)));
    await figure.view.data("points", points).runAsync();
    describe(figure, points);
    await new Promise((resolve) => setTimeout(resolve, 3 * (performance.now() - began)));
  }
  figure.drawing = false;
}

function pointsOf(run, field) {
  return (records.get(run) ?? []).flatMap(({ step, [field]: value }) =>
    typeof value === "number" ? [{ run, step, value }] : []
  );
}

/**
 * Of very many points, the lowest and the highest of each of a thousand parts, and the last: vega
 * takes long for all of them, and has no pixels for more.
 */
function thinned(points) {
  const size = Math.ceil(points.length / 1000);
  if (size < 4) return points;
  const kept = new Set();
  for (let from = 0; from < points.length; from += size) {
    const part = points.slice(from, from + size);
    kept.add(part.reduce((low, point) => point.value < low.value ? point : low));
    kept.add(part.reduce((high, point) => point.value > high.value ? point : high));
  }
  return [...kept.add(points.at(-1))];
}

/** The last values, in words. */
function describe({ share, alt, chart, now }, points) {
  const last = shown.flatMap((run) => points.findLast((point) => point.run === run) ?? []);
  const show = (value) =>
    share ? `${Number((100 * value).toPrecision(3))} %` : `${Number(value.toPrecision(4))}`;
  const values = last.map(({ run, step, value }) => `${run} at step ${step}: ${show(value)}`);
  chart.ariaLabel = [alt, ...values].join(" ");
  now.textContent = last.length === 1 ? show(last[0].value) : "";
}
