/** Networks in ONNX Runtime, which runs what we export. */
import { fileURLToPath } from "node:url";
import { z } from "zod";

const PROJECT = fileURLToPath(new URL("../onnxruntime/", import.meta.url));

const Outputs = z.array(z.record(z.string(), z.string()));

/** One batch of images. */
export interface OnnxInput {
  /** [batch, channels, height, width]. */
  readonly shape: readonly number[];
  /** The elements, row-major. */
  readonly data: Float32Array | Uint8Array;
}

/** The outputs of a network by name, for each input; it runs in a process of its own. */
export async function runOnnx(
  model: Uint8Array,
  inputs: readonly OnnxInput[],
): Promise<Record<string, Float32Array>[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", `--config=${PROJECT}deno.json`, `${PROJECT}main.ts`],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const asked = JSON.stringify({
    model: model.toBase64(),
    inputs: inputs.map(({ shape, data }) => ({
      type: data instanceof Float32Array ? "float32" : "uint8",
      shape,
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).toBase64(),
    })),
  });
  const [{ success, stdout, stderr }] = await Promise.all([
    child.output(),
    new Response(asked).body!.pipeTo(child.stdin),
  ]);
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return Outputs.parse(JSON.parse(new TextDecoder().decode(stdout))).map((outputs) =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, data]) => [
        name,
        new Float32Array(Uint8Array.fromBase64(data).buffer),
      ]),
    )
  );
}
