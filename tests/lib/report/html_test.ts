import { assertEquals } from "@std/assert";
import { Html, html } from "../../../lib/report/html.ts";

Deno.test("what is put into HTML is text, in elements and in attributes", () => {
  const name = `<b> & "a" 'c'`;
  const escaped = "&lt;b&gt; &amp; &quot;a&quot; &#39;c&#39;";
  assertEquals(
    html`<i title="${name}">${name}</i>`.markup,
    `<i title="${escaped}">${escaped}</i>`,
  );
});

Deno.test("HTML, lists and numbers are inserted unchanged; false and undefined insert nothing", () => {
  const items = ["a", "<"].map((item) => html`<li>${item}</li>`);
  const never: boolean = items.length > 2;
  assertEquals(
    html`<ul>${items}</ul>${new Html("<hr>")}${0}${never && html`no`}${undefined}`.markup,
    "<ul><li>a</li><li>&lt;</li></ul><hr>0",
  );
});
