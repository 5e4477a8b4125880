/**
 * How the pooling kernels begin: an invocation for each element of an image tensor
 * [image, rows, columns, channels], the channels by fours where it can be.
 *
 * @module
 */

/** Invocations in a workgroup. */
export const LANES = 64;

/**
 * Leaves `main` open with the element `i` and its `image`, `row`, `column` and `channel`. Needs the
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
