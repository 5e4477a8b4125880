/**
 * The start of the pooling kernels: one invocation for each element of an image tensor
 * [image, rows, columns, channels], or for four channels if their number is a multiple of four.
 *
 * @module
 */

/** Invocations in a workgroup. */
export const LANES = 64;

/**
 * WGSL that opens `main` and defines the element `i` and its `image`, `row`, `column` and `channel`; the
 * caller's text follows and closes it. Needs the
 * uniforms `across` (workgroups in x), `count`, `channels`, `columns` and `rows`.
 */
export const ENTRY: string = `
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * u.across + workgroup.x) * ${LANES}u + lane;
  if (i >= u.count) { return; }
  let pixel = i / u.channels;
  let channel = i - pixel * u.channels;
  let line = pixel / u.columns;
  let column = pixel - line * u.columns;
  let image = line / u.rows;
  let row = line - image * u.rows;`;
