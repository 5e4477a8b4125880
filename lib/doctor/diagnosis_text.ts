/**
 * A diagnosis for a person: a page of facts by section, and at the end a verdict with what to do.
 *
 * @module
 */
import { sep } from "node:path";
import { duration, wrapped } from "../terminal/text.ts";
import type { FileState } from "../data/source_status.ts";
import type { DiagnosedDevice, Diagnosis, Finding } from "./diagnose.ts";

/** Columns of the page. */
const WIDTH = 80;
const GOOD = "✓", FAIR = "!", BAD = "✗";

export function diagnosisText(diagnosis: Diagnosis): string {
  const { devices } = diagnosis;
  return [
    section("machine", machine(diagnosis)),
    section("WebGPU adapters", adapters(diagnosis)),
    section("kernels: the largest error, as a share of the largest value", kernels(devices)),
    section("speed, untuned", speeds(devices)),
    section("files", files(diagnosis)),
    verdict(diagnosis),
  ].filter((part) => part !== "").join("\n\n");
}

/** A title with its lines; nothing where there are none. */
function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** The mark of a part of the machine: good, fair or bad. */
function mark(findings: readonly Finding[], about: string): string {
  const levels = findings.filter((finding) => finding.about === about).map(({ level }) => level);
  return levels.includes("error") ? BAD : levels.includes("warning") ? FAIR : GOOD;
}

function machine({ system, findings }: Diagnosis): string[] {
  const { versions, os, processor, cores, memory } = system;
  const { tauplus, deno, v8, typescript, tfjs } = versions;
  return [
    `${GOOD} tauplus ${tauplus}, Deno ${deno}, TensorFlow.js ${tfjs}`,
    `  V8 ${v8}, TypeScript ${typescript}`,
    `${GOOD} ${os}; ${processor}, ${count(cores, "core")}`,
    `${mark(findings, "memory")} ${gigabytes(memory.available)} of ${gigabytes(memory.total)} ` +
    "of memory is available",
  ];
}

function adapters({ adapters, drivers, findings }: Diagnosis): string[] {
  const said = adapters.flatMap(({ description, software, limits, features }) => [
    `${software ? FAIR : GOOD} ${description}`,
    `  a tensor up to ${mebibytes(limits.maxStorageBufferBindingSize)}, ` +
    `a buffer up to ${mebibytes(limits.maxBufferSize)}`,
    `  a workgroup up to ${limits.maxComputeInvocationsPerWorkgroup} invocations and ` +
    `${limits.maxComputeWorkgroupStorageSize / 1024} KiB, ` +
    `a shader up to ${limits.maxStorageBuffersPerShaderStage} tensors`,
    `  shader-f16: ${
      features.includes("shader-f16") ? "yes, so --precision=mixed works" : "no"
    }; ` +
    `timestamp-query: ${features.includes("timestamp-query") ? "yes" : "no"}`,
  ]);
  if (adapters.length === 0) said.push(`${mark(findings, "adapters")} none`);
  if (drivers) {
    const names = drivers.map(({ name, vulkan }) => `${name.replace(/_icd.*$/, "")} ${vulkan}`);
    said.push(...lines("  ", `Vulkan drivers: ${names.join(", ") || "none"}`, WIDTH - 2));
  }
  return said;
}

/** A line for each group of checks, and one for each check that failed. */
function kernels(devices: readonly DiagnosedDevice[]): string[] {
  if (devices.length === 0) return [];
  const all = devices.flatMap(({ kernels }) => kernels);
  const groups = [...new Set(all.map(({ group }) => group))];
  const width = Math.max(...groups.map((group) => group.length));
  const head = `  ${"".padEnd(width)}${devices.map(({ name }) => name.padStart(12)).join("")}`;
  const rows = groups.map((group) => {
    const cells = devices.map(({ kernels }) => {
      const errors = kernels.filter((check) => check.group === group);
      if (errors.length === 0) return "–";
      if (errors.some(({ error }) => error === null)) return "failed";
      const largest = Math.max(...errors.map(({ error }) => error ?? 0));
      return largest === 0 ? "exact" : largest.toExponential(1);
    });
    const mark = all.every((check) => check.group !== group || check.ok) ? GOOD : BAD;
    return `${mark} ${group.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join("")}`;
  });
  const counts = devices.map(({ name, kernels: checks }) => {
    const names = new Set(checks.flatMap(({ kernels }) => kernels));
    return `${count(checks.length, "check")} of ${count(names.size, "kernel")} on ${name}`;
  });
  const failures = devices.flatMap(({ name, kernels }) =>
    kernels.filter(({ ok }) => !ok).map((check) =>
      `${BAD} ${name}: ${check.name}: ${
        check.problem ??
          `${check.error?.toExponential(1) ?? "no number"}, at most ${
            check.tolerance.toExponential(0)
          } is right`
      }`
    )
  );
  return [head, ...rows, `  ${counts.join(", ")}`, ...failures];
}

function speeds(devices: readonly DiagnosedDevice[]): string[] {
  const timed = devices.flatMap(({ name, speed }) => speed ? [{ name, ...speed }] : []);
  if (timed.length === 0) return [];
  const rows = [
    ["", ...timed.map(({ name }) => name)],
    ["matrix product, 1024³", ...timed.map(({ product }) => giga(product, "GFLOP/s"))],
    ["training step of a ResNet", ...timed.map(({ training }) => giga(training, "GFLOP/s"))],
    ["pass over memory", ...timed.map(({ memory }) => giga(memory, "GB/s"))],
    [
      "to the device and back",
      ...timed.map(({ readback }) => `${(readback * 1000).toFixed(2)} ms`),
    ],
    [
      "quickstart, measured",
      ...timed.map(({ quickstartImages }) => `${quickstartImages.toFixed(0)} images/s`),
    ],
    ["quickstart, a guess", ...timed.map(({ quickstart }) => duration(quickstart))],
    ["the paper's run, a guess", ...timed.map(({ paper }) => long(paper))],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    ...rows.map(([label, ...cells]) =>
      `  ${label.padEnd(width)}${cells.map((cell) => cell.padStart(16)).join("")}`
    ),
    "  The paper's run, --preset=dcl-stl10, is ResNet-50 on 105,000 images for 400",
    "  epochs, guessed in float32 by its FLOPs at the speed of the step above.",
  ];
}

function files({ folders, datasets, findings }: Diagnosis): string[] {
  const width = Math.max(...datasets.map(({ name }) => name.length), "cache".length);
  const line = (name: string, text: string) =>
    `${mark(findings, name)} ${name.padEnd(width)}  ${text}`;
  return [
    ...folders.map(({ name, path, free, problem }) => {
      const room = free === null ? "" : `, ${gigabytes(free)} free`;
      return line(name, near(path) + (problem === null ? room : ", cannot be written"));
    }),
    ...datasets.map(({ name, state, bytes }) => line(name, stateText(state, bytes))),
  ];
}

function stateText(state: FileState, bytes: number): string {
  if (state === "missing") return `not here; ${gigabytes(bytes)} when it is fetched`;
  if (state === "present") return "here";
  if (state === "right") return "here, with the published checksums";
  return state;
}

function verdict({ ok, findings }: Diagnosis): string {
  const steps = findings.flatMap(({ level, what, next }) => [
    ...lines(`${level === "error" ? BAD : FAIR} `, what),
    ...next.flatMap((step) => lines("  – ", step)),
  ]);
  const last = ok
    ? `${GOOD} This machine is fit: \`deno task train\` is the next step.`
    : `${BAD} Something is off; see above what to do.`;
  return [...steps, last].join("\n");
}

/** A text with what stands before it, in lines that fit the page, which begin alike. */
function lines(before: string, text: string, width = WIDTH): string[] {
  const indent = " ".repeat(before.length);
  return wrapped(text, width - before.length)
    .map((line, i) => (i === 0 ? before : indent) + line);
}

/** A path as a person would write it here: from this folder, or from home. */
function near(path: string): string {
  const home = Deno.env.get("HOME");
  for (const [folder, short] of [[Deno.cwd(), "."], [home, "~"]]) {
    if (folder && path.startsWith(folder + sep)) return short + path.slice(folder.length);
  }
  return path;
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20).toLocaleString("en")} MiB`;
const giga = (rate: number, unit: string) => `${(rate / 1e9).toFixed(rate < 1e10 ? 1 : 0)} ${unit}`;

/** `4 h 10 min`, and days where it is many hours. */
function long(seconds: number): string {
  const days = seconds / 86400;
  return days < 2 ? duration(seconds) : `${days.toFixed(0)} days`;
}
