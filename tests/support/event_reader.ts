/** An independent reader of event files: a script of Python, with Google's protobuf and crc32c. */
import { join } from "node:path";
import { z } from "zod";
import { findPython, runPython } from "./torch.ts";

const MODULES = ["google.protobuf", "crc32c"];
const SCRIPT = new URL("event_reader.py", import.meta.url);

const Value = z.object({
  tag: z.string(),
  simple_value: z.number().optional(),
  text: z.string().optional(),
  image: z.object({
    width: z.number(),
    height: z.number(),
    colorspace: z.number(),
    encoded_image_string: z.base64(),
  }).optional(),
  metadata: z.object({
    plugin_data: z.object({ plugin_name: z.string() }),
    data_class: z.number(),
  }).optional(),
  hparams: z.object({
    session_start_info: z.object({
      start_time_secs: z.number(),
      hparams: z.array(z.object({
        key: z.string(),
        value: z.record(z.string(), z.unknown()),
      })),
    }).optional(),
    session_end_info: z.object({ status: z.number(), end_time_secs: z.number() }).optional(),
  }).optional(),
});

const Events = z.array(z.object({
  wall_time: z.number(),
  step: z.number(),
  file_version: z.string().optional(),
  session_log: z.object({ status: z.number() }).optional(),
  summary: z.object({ value: z.array(Value) }).optional(),
}));

/** The events of a file, with the names of their fields in TensorBoard's `event.proto`. */
export type Events = z.output<typeof Events>;

/** The event files in a folder, such as a run's `tensorboard`, but for empty ones. */
export function eventFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => join(folder, name))
    .filter((path) => path.includes("tfevents") && Deno.statSync(path).size > 0);
}

/**
 * The whole events of the one event file in a folder that is not empty. Throws where there are
 * several, where a checksum is wrong, and where there is a field of unknown meaning.
 */
export async function readEvents(folder: string): Promise<Events> {
  const files = eventFiles(folder);
  const text = await runPython(SCRIPT, files, "", MODULES);
  const [events, ...others] = z.array(Events).parse(JSON.parse(text));
  if (events === undefined || others.length > 0) {
    throw new Error(`There are ${files.length} event files`);
  }
  return events;
}

/** The values under each tag, in order, with their steps: `{ "train/loss": [[10, 5.41]] }`. */
export function scalarsOf(events: Events): Record<string, [step: number, value: number][]> {
  const scalars: Record<string, [number, number][]> = {};
  for (const { step, summary } of events) {
    for (const { tag, simple_value } of summary?.value ?? []) {
      if (simple_value !== undefined) (scalars[tag] ??= []).push([step, simple_value]);
    }
  }
  return scalars;
}

/**
 * Registers a test that reads event files. Without Python's protobuf and crc32c it is reported as
 * ignored, and fails instead where TAUPLUS_REQUIRE_PROTOBUF is set.
 */
export function testWithEvents(name: string, fn: () => Promise<void>): void {
  const missing = findPython(MODULES) === undefined;
  Deno.test({
    name: missing ? `${name} (no Python with ${MODULES.join(" and ")} on this machine)` : name,
    ignore: missing && !Deno.env.has("TAUPLUS_REQUIRE_PROTOBUF"),
    fn,
  });
}
