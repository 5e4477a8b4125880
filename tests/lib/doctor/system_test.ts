import { assertEquals } from "@std/assert";
import { checkSystem, describeSystem } from "../../../lib/doctor/diagnose.ts";

Deno.test("little memory is worth a warning, and this machine is described", () => {
  const check = (available: number) =>
    checkSystem({ memory: { total: 16e9, available } }).map(({ level, what }) => [level, what]);
  assertEquals(check(2e9), []);
  assertEquals(check(1.5e9), [["warning", "Only 1.5 GB of memory is available."]]);
  const { versions: { deno }, cores } = describeSystem();
  assertEquals([deno, cores], [Deno.version.deno, navigator.hardwareConcurrency]);
});
