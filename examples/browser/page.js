/**
 * The page: an image, its feature by the exported encoder, and the nearest of the features that
 * prepare.ts computed. A classic script beside TensorFlow.js as `tf`, without a build.
 */
"use strict";

const SHOWN = 12;
const SAMPLES = 10;
const LARGEST_CANVAS = 4096;
const $ = (id) => document.getElementById(id);

/** What was loaded: the model, the features of unit length, and what they are of. */
let page;
/** The image that is shown, to be drawn again when it is inverted. */
let query;

/** The tensors and the metadata of a safetensors file: header length, JSON header, bytes. */
function readSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const { __metadata__: metadata, ...entries } = header;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [begin, end] }] of Object.entries(entries)) {
    const Type = dtype === "F32" ? Float32Array : Int32Array;
    tensors[name] = { shape, data: new Type(buffer, 8 + length + begin, (end - begin) / 4) };
  }
  return { tensors, metadata };
}

async function load() {
  const [model, buffer, sprite] = await Promise.all([
    tf.loadLayersModel("model/model.json"),
    fetch("neighbors.safetensors").then((response) => {
      if (!response.ok) throw new Error(`neighbors.safetensors: ${response.statusText}`);
      return response.arrayBuffer();
    }),
    decode("sprite.webp"),
  ]);
  const { tensors: { features, labels, indices }, metadata } = readSafetensors(buffer);
  const { dataset, encoder, split } = metadata;
  const [[count, dim], shape] = [features.shape, JSON.parse(metadata.shape)];
  const columns = Math.ceil(Math.sqrt(count));
  page = {
    model,
    sprite,
    count,
    dim,
    shape,
    columns,
    tile: [sprite.naturalWidth / columns, sprite.naturalHeight / Math.ceil(count / columns)],
    features: features.data,
    labels: labels.data,
    indices: indices.data,
    classes: JSON.parse(metadata.classes),
    split,
  };
  $("about").textContent = `${count.toLocaleString("en")} images of ${dataset} (${split}), ` +
    `ordered by the encoder ${encoder}, which was trained without labels.`;
  // The first use of a model compiles it.
  await feature(new Uint8ClampedArray(shape[0] * shape[1] * 4));
  $("file").disabled = false;
  showSamples();
}

/** An image that is loaded and decoded; rejects where it is none. */
async function decode(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

/** A canvas of `width` × `height`, and its context. */
function canvasOf(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  return { canvas, context };
}

/**
 * The image as the evaluation takes one: the shorter side to the encoder's size, the center cut out,
 * what is transparent on black. A large one is drawn 2, 4, 8 … times as large first and then halved,
 * each pixel the mean of four, so that none is skipped.
 */
function fit(image) {
  const [height, width] = page.shape;
  // A drawing may have no size of its own.
  const [w, h] = [image.naturalWidth || width, image.naturalHeight || height];
  const scale = Math.min(w / width, h / height);
  let halvings = Math.max(0, Math.floor(Math.log2(scale)));
  while (Math.max(width, height) * 2 ** halvings > LARGEST_CANVAS) halvings--;
  let { canvas, context } = canvasOf(width * 2 ** halvings, height * 2 ** halvings);
  context.fillRect(0, 0, canvas.width, canvas.height);
  const cut = [(w - width * scale) / 2, (h - height * scale) / 2, width * scale, height * scale];
  context.drawImage(image, ...cut, 0, 0, canvas.width, canvas.height);
  for (; halvings > 0; halvings--) {
    const half = canvasOf(canvas.width / 2, canvas.height / 2);
    half.context.drawImage(canvas, 0, 0, half.canvas.width, half.canvas.height);
    ({ canvas, context } = half);
  }
  return context.getImageData(0, 0, width, height);
}

/** Gray images have one channel for the encoder, with the weights of ITU-R 601, as Pillow's. */
function toGray({ data }, inverted) {
  for (let i = 0; i < data.length; i += 4) {
    const gray = Math.round(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]);
    data.fill(inverted ? 255 - gray : gray, i, i + 3);
  }
}

/** The feature of RGBA pixels, of unit length. The model normalizes pixels of 0 to 255 itself. */
async function feature(rgba) {
  const [height, width, channels] = page.shape;
  const pixels = new Float32Array(height * width * channels);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = rgba[4 * Math.floor(i / channels) + i % channels];
  }
  const row = tf.tidy(() => {
    const output = page.model.predict(tf.tensor(pixels, [1, height, width, channels]));
    return output.div(output.norm().maximum(1e-12));
  });
  const values = await row.data();
  row.dispose();
  return values;
}

/** The places of the nearest features, nearest first, with their cosines. */
function nearest(row) {
  const { features, count, dim } = page;
  const found = Array.from({ length: count }, (_, place) => {
    let cosine = 0;
    for (let i = 0; i < dim; i++) cosine += row[i] * features[place * dim + i];
    return { place, cosine };
  });
  return found.sort((a, b) => b.cosine - a.cosine || a.place - b.place).slice(0, SHOWN);
}

const className = (place) => page.classes[page.labels[place]] ?? "no class";
const describe = (place) => `${className(place)}, ${page.split} image ${page.indices[place]}`;

/** A thumbnail of the sprite. */
function thumbnail(place, alt) {
  const [width, height] = page.tile;
  const { canvas, context } = canvasOf(width, height);
  const [x, y] = [place % page.columns, Math.floor(place / page.columns)];
  context.drawImage(page.sprite, x * width, y * height, width, height, 0, 0, width, height);
  return picture(canvas.toDataURL(), alt, width);
}

function picture(src, alt, width) {
  const image = Object.assign(document.createElement("img"), { src, alt });
  // What is enlarged shows its pixels.
  image.classList.toggle("small", width <= 64);
  return image;
}

/** Buttons to begin with: an image of each class, or any where there are none. */
function showSamples() {
  const step = page.count / SAMPLES;
  const firsts = page.classes.map((_, label) => page.labels.indexOf(label)).filter((at) => at >= 0);
  const spread = Array.from({ length: SAMPLES }, (_, i) => Math.floor(i * step));
  const places = firsts.length > 0 ? firsts.slice(0, SAMPLES) : [...new Set(spread)];
  $("try").hidden = false;
  $("samples").replaceChildren(...places.map((place) => {
    const button = document.createElement("button");
    button.append(thumbnail(place, describe(place)));
    button.addEventListener("click", () => showPlace(place));
    return button;
  }));
}

/** The neighbors of one of the embedded images. */
function showPlace(place) {
  $("error").textContent = "";
  query = undefined;
  $("invert").hidden = true;
  const { dim, features } = page;
  show(
    thumbnail(place, describe(place)),
    describe(place),
    features.subarray(place * dim, (place + 1) * dim),
  );
  // The button that was pressed may be gone, and with it the place of the keyboard.
  $("title").focus();
}

/** The neighbors of an image of the user's, where no later choice was faster. */
async function showQuery() {
  const asked = query;
  const image = fit(query.image);
  if (page.shape[2] === 1) toGray(image, $("invert").firstElementChild.checked);
  const { canvas, context } = canvasOf(image.width, image.height);
  context.putImageData(image, 0, 0);
  $("invert").hidden = page.shape[2] !== 1;
  const seen = picture(canvas.toDataURL(), `${asked.name}, as the encoder sees it`, image.width);
  const row = await feature(image.data);
  if (query === asked) show(seen, asked.name, row);
}

function show(seen, title, row) {
  const found = nearest(row);
  seen.id = "seen";
  $("seen").replaceWith(seen);
  $("title").textContent = title;
  const votes = Object.entries(Object.groupBy(found, ({ place }) => className(place)))
    .map(([name, of]) => [name, of.length]).sort(([, a], [, b]) => b - a);
  $("summary").textContent = `Of the ${found.length} nearest, ` +
    votes.map(([name, n]) => `${n} ${n === 1 ? "is" : "are"} ${name}`).join(", ") + ".";
  $("nearest").replaceChildren(...found.map(({ place, cosine }) => item(place, cosine)));
  $("result").hidden = false;
}

function item(place, cosine) {
  const element = (tag, text, name = "") =>
    Object.assign(document.createElement(tag), { textContent: text, className: name });
  const button = document.createElement("button");
  button.title = "Show the neighbors of this one";
  const line = element("span", "", "cosine quiet");
  const bar = element("span", "", "bar");
  bar.append(element("i", ""));
  bar.firstChild.style.width = `${100 * Math.max(0, cosine)}%`;
  line.append(element("span", cosine.toFixed(3)), bar);
  button.append(thumbnail(place, describe(place)), element("span", className(place), "name"), line);
  button.addEventListener("click", () => showPlace(place));
  const entry = document.createElement("li");
  entry.dataset.place = place;
  entry.dataset.cosine = cosine;
  entry.append(button);
  return entry;
}

/** Takes a file that was chosen, dropped or pasted. */
async function take(file) {
  if (!page || !file) return;
  $("error").textContent = "";
  const url = URL.createObjectURL(file);
  try {
    query = { image: await decode(url), name: file.name || "pasted image" };
  } catch {
    $("error").textContent = `${file.name || "What was given"} is no image this browser can read.`;
    return;
  } finally {
    URL.revokeObjectURL(url);
  }
  await showQuery();
}

$("file").addEventListener("change", ({ target }) => {
  take(target.files[0]);
  // The same file again is a change too.
  target.value = "";
});
$("invert").addEventListener("change", () => query && showQuery());
document.addEventListener("paste", ({ clipboardData }) => take(clipboardData.files[0]));
for (const type of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(type, (event) => {
    // The whole page takes a drop, and no browser leaves the page for the image.
    event.preventDefault();
    $("drop").classList.toggle("over", type === "dragover");
    if (type === "drop") take(event.dataTransfer.files[0]);
  });
}

load().catch((error) => {
  $("about").textContent = "";
  $("error").textContent = `The page could not load: ${error.message}. ` +
    "It must be served by a web server, with all its files.";
});
