/**
 * What a report's page does in the browser.
 *
 * @module
 */
/// <reference lib="dom" />
import type { MapData } from "./map_view.ts";

/**
 * Brings the maps to life: an image at the pointer, a kept one with its neighbours, single classes.
 * It goes into the page as its own source, so it uses nothing from outside.
 */
export function activateMaps(): void {
  const SVG = "http://www.w3.org/2000/svg";
  /** How near a pointer has to be to a point, in pixels of the screen. */
  const REACH = 24;

  for (const figure of document.querySelectorAll<HTMLElement>("[data-map]")) {
    const data: MapData = JSON.parse(
      document.getElementById(figure.dataset.map ?? "")?.textContent ?? "",
    );
    const plane = figure.querySelector<HTMLElement>(".plane");
    const tip = figure.querySelector<HTMLElement>(".tip");
    const panel = figure.querySelector<HTMLElement>(".panel");
    const marks = [...figure.querySelectorAll<SVGPathElement>(".mark-symbol path")];
    const layer = marks[0]?.parentElement;
    if (!plane || !tip || !panel || !(layer instanceof SVGGElement)) continue;
    const places = marks.map((mark) =>
      (/translate\(([^,]+),([^)]+)\)/.exec(mark.getAttribute("transform") ?? "") ?? []).slice(1)
        .map(Number)
    );

    const overlay = document.createElementNS(SVG, "g");
    overlay.setAttribute("pointer-events", "none");
    layer.after(overlay);
    const ring = (i: number, radius: number, width: number) => {
      const circle = document.createElementNS(SVG, "circle");
      circle.setAttribute("cx", String(places[i][0]));
      circle.setAttribute("cy", String(places[i][1]));
      circle.setAttribute("r", String(radius));
      circle.setAttribute("fill", "none");
      circle.setAttribute("stroke", "currentColor");
      circle.setAttribute("stroke-width", String(width));
      return circle;
    };
    const spoke = (from: number, to: number) => {
      const line = document.createElementNS(SVG, "line");
      line.setAttribute("x1", String(places[from][0]));
      line.setAttribute("y1", String(places[from][1]));
      line.setAttribute("x2", String(places[to][0]));
      line.setAttribute("y2", String(places[to][1]));
      line.setAttribute("stroke", "currentColor");
      line.setAttribute("stroke-opacity", "0.55");
      return line;
    };
    const text = (tag: string, content: string, className = "") => {
      const element = document.createElement(tag);
      element.textContent = content;
      element.className = className;
      return element;
    };
    const nameOf = (i: number) => {
      const label = data.labels[i];
      return label < 0 ? "No label" : data.classes[label] ?? String(label);
    };
    const tile = (i: number) => {
      const share = (at: number, count: number) => count > 1 ? 100 * at / (count - 1) : 0;
      const element = text("span", "", `tile ${data.sheet}`);
      element.setAttribute("role", "img");
      element.setAttribute("aria-label", `${nameOf(i)}, test image ${data.indices[i]}`);
      element.style.backgroundPosition = `${share(i % data.columns, data.columns)}% ${
        share(Math.floor(i / data.columns), data.rows)
      }%`;
      return element;
    };

    const hint = [...panel.childNodes];
    let kept: number | undefined;
    let current: number | undefined;

    const drawOverlay = () => {
      const parts: SVGElement[] = [];
      if (kept !== undefined) {
        for (const other of data.neighbours[kept]) {
          parts.push(spoke(kept, other), ring(other, 3.5, 1));
        }
        parts.push(ring(kept, 6, 2));
      }
      if (current !== undefined && current !== kept) parts.push(ring(current, 5.5, 1.5));
      overlay.replaceChildren(...parts);
    };

    const point = (i: number | undefined) => {
      current = i;
      drawOverlay();
      tip.hidden = i === undefined || i === kept;
      if (i === undefined) return;
      tip.replaceChildren(tile(i), text("span", nameOf(i)));
      const [box, mark] = [plane.getBoundingClientRect(), marks[i].getBoundingClientRect()];
      const [x, y] = [mark.x + mark.width / 2 - box.x, mark.y + mark.height / 2 - box.y];
      // Beside the point, on the side that has room.
      tip.style.left = x < box.width / 2 ? `${x + 14}px` : "";
      tip.style.right = x < box.width / 2 ? "" : `${box.width - x + 14}px`;
      tip.style.top = y < box.height / 2 ? `${y + 8}px` : "";
      tip.style.bottom = y < box.height / 2 ? "" : `${box.height - y + 8}px`;
    };

    const keep = (i: number | undefined) => {
      kept = i;
      point(i);
      if (i === undefined) {
        panel.replaceChildren(...hint);
        return;
      }
      const near = document.createElement("ol");
      near.className = "near";
      for (const other of data.neighbours[i]) {
        const button = document.createElement("button");
        button.type = "button";
        button.title = `${nameOf(other)}: go there`;
        if (data.labels[other] !== data.labels[i]) button.className = "other";
        button.append(tile(other));
        button.addEventListener("click", () => {
          keep(other);
          plane.focus({ preventScroll: true });
        });
        const item = document.createElement("li");
        item.append(button);
        near.append(item);
      }
      const head = text("div", "", "kept");
      const words = document.createElement("div");
      words.append(
        text("strong", nameOf(i)),
        text("span", `test image ${data.indices[i]}`, "muted"),
      );
      head.append(tile(i), words);
      panel.replaceChildren(head, text("p", "Nearest", "muted"), near);
    };

    /** Where the pointer is, as the points count. */
    const inLayer = (event: MouseEvent) => {
      const matrix = layer.getScreenCTM();
      return matrix &&
        { matrix, at: new DOMPoint(event.x, event.y).matrixTransform(matrix.inverse()) };
    };
    const nearest = (event: MouseEvent): number | undefined => {
      const found = inLayer(event);
      if (!found) return undefined;
      const distance = (i: number) =>
        Math.hypot(places[i][0] - found.at.x, places[i][1] - found.at.y) * found.matrix.a;
      let best: number | undefined;
      for (const i of places.keys()) {
        if (marks[i].classList.contains("faded")) continue;
        if (distance(i) < (best === undefined ? REACH : distance(best))) best = i;
      }
      return best;
    };
    /** The nearest point that lies in a direction, within 45 degrees of it. */
    const beside = (from: number, dx: number, dy: number): number | undefined => {
      let best: number | undefined;
      let least = Infinity;
      places.forEach(([x, y], i) => {
        const [along, across] = [
          (x - places[from][0]) * dx + (y - places[from][1]) * dy,
          Math.abs((x - places[from][0]) * dy + (y - places[from][1]) * dx),
        ];
        const distance = Math.hypot(along, across);
        if (along > 0 && across <= along && distance < least) [best, least] = [i, distance];
      });
      return best;
    };

    plane.addEventListener("pointermove", (event) => point(nearest(event)));
    plane.addEventListener("pointerleave", () => point(undefined));
    plane.addEventListener("click", (event) => keep(nearest(event)));
    plane.addEventListener("keydown", (event) => {
      const steps: Record<string, [number, number]> = {
        ArrowLeft: [-1, 0],
        ArrowRight: [1, 0],
        ArrowUp: [0, -1],
        ArrowDown: [0, 1],
      };
      const step = steps[event.key];
      const from = current ?? kept;
      if (step) point(from === undefined ? 0 : beside(from, ...step) ?? from);
      else if (event.key === "Enter" || event.key === " ") keep(current);
      else if (event.key === "Escape") keep(undefined);
      else return;
      event.preventDefault();
    });
    const buttons = [...figure.querySelectorAll<HTMLButtonElement>(".legend button")];
    for (const button of buttons) {
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        for (const other of buttons) {
          other.setAttribute("aria-pressed", String(on && other === button));
        }
        marks.forEach((mark, i) =>
          mark.classList.toggle("faded", on && String(data.labels[i]) !== button.dataset.label)
        );
      });
    }
  }
}
