/**
 * How the threads of a kernel are numbered, where there may be more of them than one dimension of a
 * dispatch allows.
 *
 * @module
 */
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** Threads in a workgroup that {@linkcode threadMain} opens. */
const THREADS = 64;

/** Workgroups in x and y for a count that may be larger than the limit of one dimension. */
export function linearGrid(backend: WebGPUBackend, count: number): [number, number] {
  const most = backend.device.limits.maxComputeWorkgroupsPerDimension;
  if (count <= most) return [count, 1];
  const y = Math.ceil(count / most);
  return [Math.ceil(count / y), y];
}

/** The workgroups of a kernel that {@linkcode threadMain} opens, for so many threads or a few more. */
export function threadGrid(backend: WebGPUBackend, threads: number): [number, number] {
  return linearGrid(backend, Math.ceil(threads / THREADS));
}

/**
 * WGSL that opens `main` and defines the index of the thread, by this name; the caller's text follows
 * and closes it. There may be a few more threads than are needed.
 *
 * @param each if a thread does several: it has this index, and those a workgroup's size apart
 */
export function threadMain(thread: string, each = 1): string {
  return `
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let ${thread} = (group.y * groups.x + group.x) * ${each * THREADS}u + lane;`;
}

/**
 * WGSL that opens `main` for each element of an image tensor [image, rows, columns, channels], or for
 * four channels if their number is a multiple of four. It defines the element `i` and its `image`,
 * `row`, `column` and `channel`; the caller's text follows and closes it. Needs the uniforms `count`,
 * `channels`, `columns` and `rows`.
 */
export const ELEMENT_MAIN: string = `${threadMain("i")}
  if (i >= u.count) { return; }
  let pixel = i / u.channels;
  let channel = i - pixel * u.channels;
  let line = pixel / u.columns;
  let column = pixel - line * u.columns;
  let image = line / u.rows;
  let row = line - image * u.rows;`;
