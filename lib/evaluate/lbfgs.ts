/**
 * L-BFGS on the host: the function and its gradient may come from a device, the few vectors of the
 * method stay here in float64.
 *
 * @module
 */

/** A value and its gradient at one point. */
export interface Evaluation {
  /** f(x). */
  readonly value: number;
  /** ∇f(x), as long as x. */
  readonly gradient: Float64Array;
}

/** When to stop, and how much to remember. */
export interface LbfgsOptions {
  /** The most steps. */
  readonly iterations: number;
  /** Stops where what is left to gain, ½·∇fᵀ·H·∇f by the present H, is at most this share of f. */
  readonly tolerance: number;
  /** Pairs of steps and gradient changes kept; default 10. */
  readonly history?: number;
  /** Multiplies by a guess of the inverse Hessian, symmetric positive definite; default identity. */
  readonly precondition?: (gradient: Float64Array) => Float64Array;
  /** Called before each step with the steps done. */
  readonly onStep?: (step: number) => void;
}

/** Where the search ended. */
export interface Minimum extends Evaluation {
  /** The best point found. */
  readonly x: Float64Array;
  /** The steps taken. */
  readonly steps: number;
}

/**
 * Minimizes a smooth convex function, nowhere negative, from `x0`: L-BFGS (Nocedal & Wright,
 * "Numerical Optimization", algorithms 7.4 and 7.5) with backtracking to Armijo's condition.
 *
 * Ends at `tolerance`, after `iterations` steps, or where no shorter step lowers f any more, as
 * happens at the rounding of a float32 loss.
 */
export async function lbfgs(
  f: (x: Float64Array) => Promise<Evaluation>,
  x0: Float64Array,
  options: LbfgsOptions,
): Promise<Minimum> {
  const { iterations, tolerance, history = 10, precondition = identity, onStep } = options;
  const pairs: { s: Float64Array; y: Float64Array; sy: number }[] = [];
  let x = x0;
  let at = await f(x);
  let steps = 0;
  while (steps < iterations) {
    onStep?.(steps);
    const direction = descent(at.gradient, pairs, precondition);
    const slope = dot(at.gradient, direction);
    if (-slope / 2 <= tolerance * at.value) break;
    // Where nothing is known of the curvature, a first step of unit length at most.
    const blind = pairs.length === 0 && precondition === identity;
    let rate = blind ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    let next: Evaluation | undefined;
    let to = x;
    for (let tries = 0; tries < 8; tries++, rate /= 2) {
      to = x.map((value, i) => value + rate * direction[i]);
      const candidate = await f(to);
      if (candidate.value <= at.value + 1e-4 * rate * slope) {
        next = candidate;
        break;
      }
    }
    if (!next) break;
    const s = to.map((value, i) => value - x[i]);
    const y = next.gradient.map((value, i) => value - at.gradient[i]);
    const sy = dot(s, y);
    // A convex f has sᵀy ≥ 0; rounding may not.
    if (sy > 1e-12 * dot(y, y)) {
      pairs.push({ s, y, sy });
      if (pairs.length > history) pairs.shift();
    }
    x = to;
    at = next;
    steps++;
  }
  return { x, value: at.value, gradient: at.gradient, steps };
}

/** −H·gradient by the two-loop recursion; H the inverse Hessian the pairs imply. */
function descent(
  gradient: Float64Array,
  pairs: readonly { s: Float64Array; y: Float64Array; sy: number }[],
  precondition: (gradient: Float64Array) => Float64Array,
): Float64Array {
  let q: Float64Array = gradient.map((value) => -value);
  const alphas: number[] = [];
  for (const { s, y, sy } of pairs.toReversed()) {
    const alpha = dot(s, q) / sy;
    alphas.push(alpha);
    y.forEach((value, i) => q[i] -= alpha * value);
  }
  q = precondition(q);
  const last = pairs.at(-1);
  if (last) {
    const scale = last.sy / dot(last.y, precondition(last.y));
    q.forEach((value, i) => q[i] = scale * value);
  }
  for (const { s, y, sy } of pairs) {
    const beta = dot(y, q) / sy;
    const alpha = alphas.pop()!;
    s.forEach((value, i) => q[i] += (alpha - beta) * value);
  }
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function identity(gradient: Float64Array): Float64Array {
  return gradient;
}
