/**
 * ONNX Runtime in a process and a project of its own: its package has 113 MB, which `deno task
 * train` would download as well if the project of this repository named it. Spoken to by
 * `tests/support/onnxruntime.ts`, in one line of JSON each way.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";

const { model, inputs } = await new Response(Deno.stdin.readable).json();
const session = await InferenceSession.create(Uint8Array.fromBase64(model));
const outputs = [];
for (const { type, shape, data } of inputs) {
  const bytes = Uint8Array.fromBase64(data);
  const elements = type === "uint8" ? bytes : new Float32Array(bytes.buffer);
  const results = await session.run({ [session.inputNames[0]]: new Tensor(type, elements, shape) });
  outputs.push(Object.fromEntries(session.outputNames.map((name) => [name, text(results[name])])));
}
await new Response(JSON.stringify(outputs)).body!.pipeTo(Deno.stdout.writable);

function text({ data }: Tensor): string {
  if (!(data instanceof Float32Array)) throw new TypeError("an output is not float32");
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).toBase64();
}
