import { assert, assertEquals } from "@std/assert";
import { inlined, vegaScript } from "../../../lib/dashboard/serve.ts";

Deno.test("nothing in a script ends its element, and it means the same", () => {
  const script = 'x = "</script><!-- </SCRIPT >";\n//# sourceMappingURL=x.js.map\n';
  const text = inlined(script);
  assert(!/<\/script|<!--|sourceMappingURL/i.test(text));
  assertEquals(new Function("let x;" + text + "return x;")(), "</script><!-- </SCRIPT >");
});

Deno.test("the script of vega is a classic one, and stands between script tags as it is", async () => {
  const script = await vegaScript();
  assertEquals(inlined(script), script);
  const vega = new Function(`${script}; return vega ?? this.vega;`);
  const { version, expressionInterpreter } = vega.call({});
  assertEquals([version, typeof expressionInterpreter], ["6.4.0", "object"]);
});
