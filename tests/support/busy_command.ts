/** Hears signals as a training does, and computes without a pause until the file named is there. */
import { interruptible } from "../../lib/command_line/signals.ts";
import { printErr } from "../../lib/terminal/print.ts";

const [file, watched] = Deno.args;
const hearing = await interruptible({
  end: () => {},
  trains: true,
  watched: watched === "watched",
});
printErr("busy");
const there = () => {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
};
while (!there());
printErr("free");
// Stopped by the signal, it would save here.
const stop = setTimeout(() => Deno.exit(7), 20_000);
await new Promise((resolve) => hearing.signal.addEventListener("abort", resolve));
printErr("saving");
if (watched === "watched") {
  await new Promise((resolve) => setTimeout(resolve, 50));
  printErr("saved");
  hearing.release();
  clearTimeout(stop);
}
