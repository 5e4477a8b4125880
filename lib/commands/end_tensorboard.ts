/**
 * What TensorBoard shows of a run at its end.
 *
 * @module
 */
import { dirname, join } from "node:path";
import type { Encoder } from "../plugin.ts";
import type { Session } from "../session.ts";
import { pretrainName } from "../splits.ts";
import { type EventFile, FOLDER } from "../tensorboard/event_file.ts";
import { writeProjector } from "../tensorboard/projector.ts";
import { note } from "../terminal/say.ts";
import type { Context } from "../command_line/command.ts";

/** Examples that go through the encoder at a time. */
const BATCH = 256;

/**
 * Writes the results of a run to its event file, and the features of the split `test` for the
 * projector, or of the split that was trained on where there is no `test`; says how to look at them.
 */
export async function endTensorBoard(
  { signal, bar }: Pick<Context, "signal" | "bar">,
  { device, dataset, env }: Session,
  events: EventFile,
  run: string,
  encoder: Encoder,
): Promise<void> {
  await events.end();
  const split = "test" in dataset.splits ? "test" : pretrainName(dataset);
  const { progress } = env;
  await writeProjector(
    join(run, FOLDER),
    { device, dataset, encoder, split, batchSize: BATCH, signal, progress },
  );
  bar.end();
  note(`To open it: tensorboard --logdir=${dirname(run)}`);
}
