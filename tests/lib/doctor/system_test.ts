import { assertEquals } from "@std/assert";
import { describeSystem, judgeSystem } from "../../../lib/doctor/system.ts";

const system = describeSystem();
const judge = (deno: string, available = 8e9) =>
  judgeSystem({
    ...system,
    versions: { ...system.versions, deno },
    memory: { total: 16e9, available },
  }).map(({ level, what }) => [level, what]);

Deno.test("the Deno of these tests is new enough, and an older one is an error", () => {
  assertEquals(judge(Deno.version.deno), []);
  assertEquals(judge("3.0.0"), []);
  assertEquals(judge("2.4.9"), [["error", "Deno 2.4.9 is older than 2.5."]]);
  assertEquals(judge("1.46.3"), [["error", "Deno 1.46.3 is older than 2.5."]]);
});

Deno.test("little memory is worth a warning", () => {
  assertEquals(judge(Deno.version.deno, 1.5e9), [
    ["warning", "Only 1.5 GB of memory can be had."],
  ]);
});
