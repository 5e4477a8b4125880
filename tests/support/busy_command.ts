/** Hears signals as a training does, and computes without a pause until the file named is there. */
import { interruptible } from "../../lib/command_line/signals.ts";
import { note } from "../../lib/terminal/say.ts";

const [file, watched] = Deno.args;
const hearing = await interruptible({
  end: () => {},
  trains: true,
  watched: watched === "watched",
});
note("busy");
const there = () => {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
};
while (!there());
note("free");
// Stopped by the signal, it would save here.
const stop = setTimeout(() => Deno.exit(7), 20_000);
await new Promise((resolve) => hearing.signal.addEventListener("abort", resolve));
note("saving");
if (watched === "watched") {
  await new Promise((resolve) => setTimeout(resolve, 50));
  note("saved");
  hearing.release();
  clearTimeout(stop);
}
