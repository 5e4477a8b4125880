// What a report's page does: its maps show the image at the pointer, keep one with its nearest
// ones, and single out classes.

const SVG = "http://www.w3.org/2000/svg";
/** How near a pointer has to be to a point, in pixels of the screen. */
const REACH = 24;
/** Where the arrow keys go. */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

for (const figure of document.querySelectorAll("[data-map]")) explore(figure);

/** Brings the map in a figure to life; its data are `MapData` of map.ts. */
function explore(figure) {
  const data = JSON.parse(document.getElementById(figure.dataset.map).textContent);
  const plane = figure.querySelector(".plane");
  const tip = figure.querySelector(".tip");
  const panel = figure.querySelector(".panel");
  const marks = [...figure.querySelectorAll(".mark-symbol path")];
  const layer = marks[0].parentElement;
  const places = marks.map((mark) =>
    /translate\(([^,]+),([^)]+)\)/.exec(mark.getAttribute("transform")).slice(1).map(Number)
  );
  const overlay = svg("g", { "pointer-events": "none" });
  layer.after(overlay);
  const hint = [...panel.childNodes];
  let kept;
  let current;

  const nameOf = (i) => {
    const label = data.labels[i];
    return label < 0 ? "No label" : data.classes[label] ?? String(label);
  };
  const tile = (i) => {
    const share = (at, count) => count > 1 ? 100 * at / (count - 1) : 0;
    const [x, y] = [i % data.columns, Math.floor(i / data.columns)];
    const image = element("span", "", `tile ${data.sheet}`);
    image.setAttribute("role", "img");
    image.setAttribute("aria-label", `${nameOf(i)}, test image ${data.indices[i]}`);
    image.style.backgroundPosition = `${share(x, data.columns)}% ${share(y, data.rows)}%`;
    return image;
  };
  const ring = (i, r, width) =>
    svg("circle", {
      cx: places[i][0],
      cy: places[i][1],
      r,
      fill: "none",
      stroke: "currentColor",
      "stroke-width": width,
    });
  const spoke = (from, to) =>
    svg("line", {
      x1: places[from][0],
      y1: places[from][1],
      x2: places[to][0],
      y2: places[to][1],
      stroke: "currentColor",
      "stroke-opacity": 0.55,
    });

  /** Shows the image at a point beside it; of none, nothing. */
  const point = (i) => {
    current = i;
    overlay.replaceChildren(
      ...(kept === undefined ? [] : [
        ...data.neighbors[kept].flatMap((other) => [spoke(kept, other), ring(other, 3.5, 1)]),
        ring(kept, 6, 2),
      ]),
      ...(i === undefined || i === kept ? [] : [ring(i, 5.5, 1.5)]),
    );
    tip.hidden = i === undefined || i === kept;
    if (i === undefined) return;
    tip.replaceChildren(tile(i), element("span", nameOf(i)));
    const [box, mark] = [plane.getBoundingClientRect(), marks[i].getBoundingClientRect()];
    const [x, y] = [mark.x + mark.width / 2 - box.x, mark.y + mark.height / 2 - box.y];
    // On the side that has room.
    tip.style.left = x < box.width / 2 ? `${x + 14}px` : "";
    tip.style.right = x < box.width / 2 ? "" : `${box.width - x + 14}px`;
    tip.style.top = y < box.height / 2 ? `${y + 8}px` : "";
    tip.style.bottom = y < box.height / 2 ? "" : `${box.height - y + 8}px`;
  };

  /** Keeps an image in the panel, with its nearest ones; of none, the hint is there again. */
  const keep = (i) => {
    kept = i;
    point(i);
    if (i === undefined) {
      panel.replaceChildren(...hint);
      return;
    }
    const near = element("ol", "", "near");
    for (const other of data.neighbors[i]) {
      const button = element("button", "", data.labels[other] === data.labels[i] ? "" : "other");
      button.type = "button";
      button.title = `${nameOf(other)}: go there`;
      button.append(tile(other));
      button.addEventListener("click", () => {
        keep(other);
        plane.focus({ preventScroll: true });
      });
      const item = element("li");
      item.append(button);
      near.append(item);
    }
    const words = element("div");
    words.append(
      element("strong", nameOf(i)),
      element("span", `test image ${data.indices[i]}`, "muted"),
    );
    const head = element("div", "", "kept");
    head.append(tile(i), words);
    panel.replaceChildren(head, element("p", "Nearest", "muted"), near);
  };

  /** The point nearest to the pointer, if it is near. */
  const nearest = (event) => {
    const matrix = layer.getScreenCTM();
    const at = new DOMPoint(event.x, event.y).matrixTransform(matrix.inverse());
    const distance = (i) => Math.hypot(places[i][0] - at.x, places[i][1] - at.y) * matrix.a;
    let best;
    for (const i of places.keys()) {
      if (marks[i].classList.contains("faded")) continue;
      if (distance(i) < (best === undefined ? REACH : distance(best))) best = i;
    }
    return best;
  };
  /** The nearest point that lies in a direction, within 45 degrees of it; else the same again. */
  const beside = (from, [dx, dy]) => {
    let best = from;
    let least = Infinity;
    places.forEach(([x, y], i) => {
      const [right, down] = [x - places[from][0], y - places[from][1]];
      const along = right * dx + down * dy;
      const distance = Math.hypot(right, down);
      if (along > 0 && along >= distance * Math.SQRT1_2 && distance < least) {
        [best, least] = [i, distance];
      }
    });
    return best;
  };

  plane.addEventListener("pointermove", (event) => point(nearest(event)));
  plane.addEventListener("pointerleave", () => point(undefined));
  plane.addEventListener("click", (event) => keep(nearest(event)));
  plane.addEventListener("keydown", (event) => {
    const from = current ?? kept;
    if (event.key in STEPS) point(from === undefined ? 0 : beside(from, STEPS[event.key]));
    else if (event.key === "Enter" || event.key === " ") keep(current);
    else if (event.key === "Escape") keep(undefined);
    else return;
    event.preventDefault();
  });

  const buttons = [...figure.querySelectorAll(".legend button")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      for (const other of buttons) other.setAttribute("aria-pressed", on && other === button);
      marks.forEach((mark, i) =>
        mark.classList.toggle("faded", on && String(data.labels[i]) !== button.dataset.label)
      );
    });
  }
}

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
