/**
 * Arithmetic on 32-bit words in WGSL, to the bit that of `lib/random.ts` and
 * `lib/views/fixed_point.ts`.
 *
 * @module
 */

const ROTATIONS = [[13, 15, 26, 6], [17, 29, 16, 24]];

/** Four rounds, and the part of the key after them; there are five such groups. */
function rounds(group: number): string {
  const keys = ["key.x", "key.y", "third"];
  return [
    ...ROTATIONS[group % 2].map((r) =>
      `x.x += x.y; x.y = ((x.y << ${r}u) | (x.y >> ${32 - r}u)) ^ x.x;`
    ),
    `x += vec2u(${keys[(group + 1) % 3]}, ${keys[(group + 2) % 3]} + ${group + 1}u);`,
  ].join("\n  ");
}

/** `threefry2x32(key, counter)`: Threefry-2x32 with 20 rounds. */
export const THREEFRY: string = /* wgsl */ `
fn threefry2x32(key: vec2u, counter: vec2u) -> vec2u {
  let third = key.x ^ key.y ^ 0x1bd11bdau;
  var x = counter + key;
  ${[0, 1, 2, 3, 4].map(rounds).join("\n  ")}
  return x;
}
`;

/** `ONE`, `mulHigh(a, b)` and `log2Fixed(x)`. */
export const FIXED_POINT: string = /* wgsl */ `
const ONE = 16777216; // 2^24

fn mulHigh(a: u32, b: u32) -> u32 {
  let upper = (a >> 16u) * (b & 0xffffu) + (((a & 0xffffu) * (b & 0xffffu)) >> 16u);
  let lower = (a & 0xffffu) * (b >> 16u) + (upper & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (upper >> 16u) + (lower >> 16u);
}

fn log2Fixed(x: u32) -> i32 {
  let zeros = countLeadingZeros(x);
  var mantissa = x << zeros;
  var result = 31u - zeros;
  for (var bit = 0u; bit < 24u; bit++) {
    let square = mulHigh(mantissa, mantissa);
    let carry = square >> 31u;
    mantissa = square << (1u - carry);
    result = 2u * result + carry;
  }
  return i32(result);
}
`;
