/**
 * The shader of `random_views.ts`. Its constants give sizes, channels and columns.
 *
 * @module
 */
import { range } from "./tiles.ts";
import { AXES, blurWeights, colorWgsl, lineBlur, PIXEL } from "./views_color.ts";
import { DRAWN, DRAWN_WORDS } from "./views_draw.ts";
import { resizeWgsl } from "./views_resize.ts";

/** Most pixels that a lane keeps in its own memory: 6 % faster than in the output, but costly on GPUs. */
const MOST_KEPT = 512;

const FLAGS: readonly string[] = ["flip", "jitter", "grayscale", "blur"];
const WORDS: readonly string[] = ["top", "left", "height", "width", "places"];

/** The declaration of a field of `Drawn`, and WGSL that reads it at `at`. */
function field([name, word]: [string, number]): [declaration: string, value: string] {
  if (FLAGS.includes(name)) return [`${name}: bool,`, `drawn[at + ${word}u] != 0`];
  if (WORDS.includes(name)) return [`${name}: u32,`, `u32(drawn[at + ${word}u])`];
  return [`${name}: f32,`, `bitcast<f32>(drawn[at + ${word}u])`];
}

/** The shader, from its constants. */
export const viewsWgsl = (
  { SIZE, CHANNELS, KERNEL, LANES, COLUMNS }: Readonly<Record<string, number>>,
): string => {
  const fields = Object.entries(DRAWN).map(field);
  const channels = AXES[CHANNELS - 1];
  const lines = range(COLUMNS);
  const each = (wgsl: (j: number) => string) => lines.map(wgsl).join("\n");
  const blurs = KERNEL > 0 ? lines.map((j) => lineBlur(KERNEL, `r${j}_`)) : undefined;
  // Of the lines of a lane, the last may be beyond the view.
  const whole = SIZE % COLUMNS === 0;
  const inside = (line: string) => whole ? line : `min(${line}, SIZE - 1u)`;
  const linesOfLane = COLUMNS * Math.ceil(SIZE / (COLUMNS * LANES));
  const kept = SIZE * linesOfLane <= MOST_KEPT ? SIZE * linesOfLane : 0;
  const radius = (KERNEL - 1) / 2;
  return /* wgsl */ `
alias Pixel = ${PIXEL[CHANNELS - 1]};
struct Drawn { ${fields.map(([declaration]) => declaration).join(" ")} }
var<private> d: Drawn;
// Where the view begins.
var<private> origin: u32;
// What comes before the contrast, which needs the mean.
var<private> before: Stage;
var<private> grays: f32;
var<workgroup> sums: array<f32, LANES>;

${colorWgsl(CHANNELS)}

fn placeOfPixel(x: u32, y: u32) -> u32 { return origin + CHANNELS * (SIZE * y + x); }

fn readPixel(x: u32, y: u32) -> Pixel {
  let at = placeOfPixel(${inside("x")}, ${inside("y")});
  return Pixel(${channels.map((_, c) => `views[at + ${c}u]`).join(", ")});
}

fn writePixel(x: u32, y: u32, p: Pixel) {
  ${whole ? "" : "if (max(x, y) >= SIZE) { return; }"}
  let at = placeOfPixel(x, y);
  ${channels.map((axis, c) => `views[at + ${c}u] = p${axis};`).join(" ")}
}

// Pixels between (1) and (2).
${
    kept
      ? `
var<private> kept: array<Pixel, ${kept}>;
fn keptAt(x: u32, y: u32) -> u32 {
  return SIZE * (x / (COLUMNS * LANES) * COLUMNS + x % COLUMNS) + y;
}
fn keep(x: u32, y: u32, p: Pixel) { kept[keptAt(x, y)] = p; }
fn take(x: u32, y: u32) -> Pixel { return kept[keptAt(x, y)]; }`
      : `
fn keep(x: u32, y: u32, p: Pixel) { writePixel(x, y, p); }
fn take(x: u32, y: u32) -> Pixel { return readPixel(x, y); }`
  }

fn normalized(p: Pixel) -> Pixel {
  return (p - Pixel(${channels.map((_, c) => `u.mean${c}`).join(", ")})) *
    Pixel(${channels.map((_, c) => `u.scale${c}`).join(", ")});
}

fn grayed(p: Pixel) -> Pixel {
  ${
    CHANNELS === 3
      ? "return select(p, Pixel(clamp(gray(p), 0.0, 1.0)), d.grayscale);"
      : "return p;"
  }
}

fn emit(x: u32, y: u32, resized: Pixel) {
  let p = adjusted(resized, before);
  grays += ${whole ? "gray(p)" : "select(0.0, gray(p), x < SIZE)"};
  keep(x, y, p);
}
${resizeWgsl(CHANNELS, COLUMNS)}
@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let image = group.y * groups.x + group.x;
  if (image >= u.count) { return; }
  let place = u32(table[2u * image + 1u]);
  let at = ${DRAWN_WORDS}u * (u.view * u.images + place);
  d = Drawn(${fields.map(([, value]) => value).join(", ")});
  origin = SIZE * SIZE * CHANNELS * place;
  let contrastAt = placeOf(CONTRAST);
  before = stage(0u, select(0u, contrastAt, d.jitter));
  for (var x = COLUMNS * lane; x < SIZE; x += COLUMNS * LANES) {
    resizeColumns(4u * u.words * u32(table[2u * image]), x);
  }
  sums[lane] = grays;
  workgroupBarrier();
  var mean = 0.0;
  for (var i = 0u; i < LANES; i++) { mean += sums[i]; }
  mean /= f32(SIZE * SIZE);
  let contrast = blend(CONTRAST, d.jitter);
  let after = stage(select(4u, contrastAt, d.jitter), 4u);
  ${blurs ? blurWeights(KERNEL, "d.sigma") : ""}
  for (var x = COLUMNS * lane; x < SIZE; x += COLUMNS * LANES) {
    ${blurs?.map(({ begin }) => begin).join("\n") ?? ""}
    for (var i = 0u; i < SIZE; i++) {
      ${
    each((j) =>
      `{
        let p = grayed(adjusted(blended(take(x + ${j}u, i), contrast, mean), after));
        ${
        blurs
          ? `${blurs[j].push}
        if (!d.blur || i >= ${radius}u) {
          let to = select(i, i - ${radius}u, d.blur);
          writePixel(x + ${j}u, to, select(normalized(p), middle, d.blur));
        }`
          : `writePixel(x + ${j}u, i, normalized(p));`
      }
      }`
    )
  }
    }
    ${
    blurs
      ? `if (d.blur) {
      ${each((j) => `{ ${blurs[j].end((i, p) => `writePixel(x + ${j}u, u32(${i}), ${p});`)} }`)}
    }`
      : ""
  }
  }
  ${
    blurs
      ? `storageBarrier();
  workgroupBarrier();
  for (var y = COLUMNS * lane; y < select(0u, SIZE, d.blur); y += COLUMNS * LANES) {
    ${blurs.map(({ begin }) => begin).join("\n")}
    for (var i = 0u; i < SIZE; i++) {
      ${
        each((j) =>
          `{
        let p = readPixel(i, y + ${j}u);
        ${blurs[j].push}
        if (i >= ${radius}u) { writePixel(i - ${radius}u, y + ${j}u, normalized(middle)); }
      }`
        )
      }
    }
    ${
        each((j) =>
          `{ ${blurs[j].end((i, p) => `writePixel(u32(${i}), y + ${j}u, normalized(${p}));`)} }`
        )
      }
  }`
      : ""
  }
}
`;
};
