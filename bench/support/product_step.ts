/**
 * A whole step as the product runs it: its plugins, its gradients, its optimizer.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { create } from "../../lib/create.ts";
import { projectionHead } from "../../lib/nn/projection_head.ts";
import type { Env } from "../../lib/plugin.ts";
import { batchGradients } from "../../lib/train/gradients.ts";
import { rowsOf } from "../../lib/train/image_views.ts";
import { networkParameters } from "../../lib/train/network.ts";
import { makeOptimizer } from "../../lib/train/optimizer.ts";
import conv from "../../plugins/encoders/conv.ts";
import resnet18 from "../../plugins/encoders/resnet18.ts";
import debiased from "../../plugins/objectives/debiased.ts";
import { CONV, HEAD, LEARNING_RATE, LOSS, type StepSpec, stepViews } from "./steps.ts";

/** What plugins are given, for inputs of a shape. */
export function productEnv(inputShape: readonly number[]): Env {
  return {
    tf,
    seed: 0,
    cache: "",
    progress: () => {},
    signal: new AbortController().signal,
    inputShape,
    classes: [],
  };
}

/** Builds the network on the current backend; each call of the result is one step, and its loss. */
export async function productStep(spec: StepSpec): Promise<() => tf.Scalar> {
  const shape = [spec.size, spec.size, 3];
  const env = productEnv(shape);
  const encoder = spec.encoder === "conv"
    ? await create(conv, CONV, env)
    : await create(resnet18, {}, env);
  const objective = await create(debiased, LOSS, env);
  const head = projectionHead(encoder.dim, HEAD.out, env.seed, { hidden: HEAD.hidden });
  const network = { encoder, head, unitRows: true };
  const optimizer = makeOptimizer(networkParameters(network), {
    optimizer: "adam",
    weightDecay: 0,
    momentum: 0,
  });
  const indices = Uint32Array.from({ length: spec.batch }, (_, i) => i);
  const batch = { indices, shape, views: rowsOf(stepViews(spec), shape) };
  return () => {
    const { loss, grads, input } = batchGradients(network, objective, batch);
    optimizer.step(grads, LEARNING_RATE);
    tf.dispose([grads, [...input.views]]);
    return loss;
  };
}
