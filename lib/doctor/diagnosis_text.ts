/**
 * A diagnosis for a person: a page of facts by section, and at the end a verdict with what to do.
 *
 * @module
 */
import { duration } from "../terminal/progress.ts";
import type { Adapter } from "./adapters.ts";
import type { Diagnosis, Examined } from "./diagnose.ts";
import type { Finding } from "./finding.ts";
import type { DatasetFiles, Folder } from "./storage.ts";
import type { System } from "./system.ts";

const GOOD = "✓", FAIR = "!", BAD = "✗";

/** The page. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const { adapters, devices, folders, datasets } = diagnosis;
  const measured = devices.some(({ speed }) => speed);
  return [
    section("machine", machine(diagnosis.system, diagnosis.findings)),
    section("WebGPU adapters", adapterLines(adapters)),
    ...(devices.length > 0
      ? [
        section(
          "kernels: largest error beside the processor, as a share of the largest value",
          kernels(devices),
        ),
      ]
      : []),
    ...(measured ? [section("speed, untuned", speeds(devices))] : []),
    section("files", files(folders, datasets)),
    verdict(diagnosis),
  ].join("\n\n");
}

function section(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

function machine({ versions, os, processor, cores, memory }: System, findings: readonly Finding[]) {
  const { tauplus, deno, v8, typescript, tfjs } = versions;
  const old = findings.some(({ what }) => what.startsWith("Deno "));
  return [
    `${
      old ? BAD : GOOD
    } tauplus ${tauplus}, Deno ${deno}, TensorFlow.js ${tfjs}, V8 ${v8}, TypeScript ${typescript}`,
    `${GOOD} ${os}; ${processor}, ${cores} ${cores === 1 ? "core" : "cores"}`,
    `${GOOD} ${gigabytes(memory.available)} of ${gigabytes(memory.total)} of memory can be had`,
  ];
}

function adapterLines(adapters: readonly Adapter[]): string[] {
  if (adapters.length === 0) return [`${FAIR} none`];
  return adapters.flatMap(({ description, software, limits, features }) => [
    `${software ? FAIR : GOOD} ${description}`,
    `  a tensor up to ${mebibytes(limits.maxStorageBufferBindingSize)}, ` +
    `a buffer up to ${mebibytes(limits.maxBufferSize)}`,
    `  a workgroup up to ${limits.maxComputeInvocationsPerWorkgroup} invocations and ` +
    `${limits.maxComputeWorkgroupStorageSize / 1024} KiB, ` +
    `a shader up to ${limits.maxStorageBuffersPerShaderStage} tensors`,
    `  shader-f16 ${
      features.includes("shader-f16")
        ? "is there: --precision=mixed works"
        : "is missing: float32 only"
    }; timestamp-query ${features.includes("timestamp-query") ? "is there" : "is missing"}`,
  ]);
}

/** A line for each group of checks, and one for each check that failed. */
function kernels(devices: readonly Examined[]): string[] {
  const all = devices.flatMap(({ kernels }) => kernels);
  const groups = [...new Set(all.map(({ group }) => group))];
  const width = Math.max(...groups.map((group) => group.length));
  const head = `  ${"".padEnd(width)}${devices.map(({ name }) => name.padStart(12)).join("")}`;
  const lines = groups.map((group) => {
    const cells = devices.map(({ kernels }) => {
      const errors = kernels.filter((check) => check.group === group);
      if (errors.length === 0) return "–";
      if (errors.some(({ error }) => error === null)) return "failed";
      return Math.max(...errors.map(({ error }) => error ?? 0)).toExponential(1);
    });
    const mark = all.every((check) => check.group !== group || check.ok) ? GOOD : BAD;
    return `${mark} ${group.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join("")}`;
  });
  const counts = devices.map(({ name, kernels }) =>
    `${kernels.length} checks of ${
      new Set(kernels.flatMap(({ kernels }) => kernels)).size
    } kernels on ${name}`
  );
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
  return [head, ...lines, `  ${counts.join(", ")}`, ...failures];
}

function speeds(devices: readonly Examined[]): string[] {
  const timed = devices.flatMap(({ name, speed }) => speed ? [{ name, ...speed }] : []);
  const rows = [
    ["", ...timed.map(({ name }) => name)],
    ["matrix product, 1024³", ...timed.map(({ product }) => giga(product, "GFLOP/s"))],
    ["training step of a ResNet", ...timed.map(({ training }) => giga(training, "GFLOP/s"))],
    ["pass over memory", ...timed.map(({ memory }) => giga(memory, "GB/s"))],
    [
      "to the device and back",
      ...timed.map(({ readback }) => `${(readback * 1000).toFixed(1)} ms`),
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
    "  The paper's run is ResNet-50 on 105,000 images for 400 epochs (--preset=dcl-stl10),",
    "  guessed by its FLOPs at the speed of the step above, in float32.",
  ];
}

function files(folders: readonly Folder[], datasets: readonly DatasetFiles[]): string[] {
  const width = Math.max(...datasets.map(({ name }) => name.length), "cache".length);
  return [
    ...folders.map(({ name, path, free, problem }) =>
      `${problem === null ? GOOD : BAD} ${name.padEnd(width)}  ${path}, ` +
      (problem === null ? `${free === null ? "?" : gigabytes(free)} free` : "cannot be written")
    ),
    ...datasets.map(({ name, state, verified, bytes, wrong }) => {
      const mark = wrong.some(({ state }) => state !== "partial")
        ? BAD
        : state === "partial"
        ? FAIR
        : GOOD;
      return `${mark} ${name.padEnd(width)}  ${stateText(state, verified, bytes)}`;
    }),
  ];
}

function stateText(state: DatasetFiles["state"], verified: boolean, bytes: number): string {
  if (state === "missing") return `not here; ${gigabytes(bytes)} when it is fetched`;
  if (state === "present") return "here";
  if (state === "right" && verified) return "here, with the published checksums";
  return state;
}

function verdict({ ok, findings }: Diagnosis): string {
  const steps = findings.flatMap(({ level, what, next }) => [
    `${level === "error" ? BAD : FAIR} ${what}`,
    ...next.map((step) => `    ${step}`),
  ]);
  const last = ok
    ? `${GOOD} This machine is fit: \`deno task train\` is the next step.`
    : `${BAD} Something is off; see above what to do.`;
  return [...steps, last].join("\n");
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20).toLocaleString("en")} MiB`;
const giga = (rate: number, unit: string) => `${(rate / 1e9).toFixed(rate < 1e10 ? 1 : 0)} ${unit}`;

/** `4 h 10 min`, and days where it is many hours. */
function long(seconds: number): string {
  const days = seconds / 86400;
  return days < 2 ? duration(seconds) : `${days.toFixed(0)} days`;
}
