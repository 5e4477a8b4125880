/**
 * The documentation of the exported functions, as `deno doc` reads it: what a function gives with
 * its shape or unit, the errors it throws, and an example, which `deno test --doc` runs.
 */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../", import.meta.url));

interface Tag {
  readonly kind: string;
  readonly doc?: string;
  readonly tsType?: { readonly repr: string };
}

interface Declaration {
  readonly kind: string;
  readonly location: { readonly filename: string };
  readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly Tag[] };
  readonly def?: { readonly params?: unknown; readonly returnType?: unknown };
}

interface Documented extends Declaration {
  readonly name: string;
}

/** The functions that the modules export. */
async function exportedFunctions(...modules: string[]): Promise<Documented[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...modules],
    cwd: REPOSITORY,
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, { symbols: { name: string; declarations: Declaration[] }[] }>;
  };
  return Object.values(nodes).flatMap(({ symbols }) =>
    symbols.flatMap(({ name, declarations }) =>
      declarations.filter(({ kind }) => kind === "function").map((one) => ({ ...one, name }))
    )
  );
}

/** The names of the types in a signature: of references, and of keywords such as `number`. */
function typesIn(signature: unknown): string[] {
  if (Array.isArray(signature)) return signature.flatMap(typesIn);
  if (typeof signature !== "object" || signature === null) return [];
  return Object.entries(signature).flatMap(([key, value]) =>
    (key === "typeName" || key === "keyword") && typeof value === "string"
      ? [value]
      : key === "kind" && value === "keyword" && "value" in signature
      ? [String(signature.value)]
      : typesIn(value)
  );
}

const TENSORS = /Tensor|Scalar|Variable|NamedArray|(?<!Uint8)Array$|ArrayLike|LayersModel/;
const NUMBERS = /^number$|^Uint8Array$|Metrics$/;
/** A shape as `[batch, dim]`, not a link, nor an expression as `[i]` of code. */
const SHAPE = /\[[^\]\n]+\](?!\()|\bscalar\b/;
/** Words by which a number says what it counts or measures, and within which bounds. */
const UNIT =
  /\b(bits?|bytes?|classes|count|images|integers?|length|number of|percent|pixels|probability|seconds|share|words?)\b|MB\b/;

const ERRORS = /\b(Data|Device|Plugin|Training|Usage)Error\b/;

/** What the documentation of a function lacks; `throwing`: whether it can throw an error of ours. */
function lacks({ name, jsDoc = {}, def = {} }: Documented, throwing: boolean): string[] {
  const { doc = "", tags = [] } = jsDoc;
  const of = (...kinds: string[]) => tags.filter(({ kind }) => kinds.includes(kind));
  const text = [doc, ...of("param", "return").map(({ doc = "" }) => doc)].join("\n");
  const types = typesIn([def.params, def.returnType]);
  const missing: string[] = [];
  if (doc.trim() === "") missing.push("what it gives");
  if (types.some((type) => TENSORS.test(type))) {
    if (!SHAPE.test(text)) missing.push("a shape");
  } else if (types.some((type) => NUMBERS.test(type))) {
    if (!SHAPE.test(text) && !UNIT.test(text)) missing.push("a unit");
  }
  const thrown = of("throws").map(({ doc = "", tsType }) => `${tsType?.repr} ${doc}`)
    .concat([...doc.matchAll(/\bThrows (?:an? )?(\w+)/g)].map(([, error]) => error));
  if (throwing && !thrown.some((said) => ERRORS.test(said))) missing.push("its errors");
  const examples = of("example").flatMap(({ doc = "" }) =>
    [...doc.matchAll(/^```(\w*)([^\n]*)\n([\s\S]*?)^```/gm)]
      .filter(([, language, mark, code]) =>
        ["ts", "typescript"].includes(language) &&
        (!/\bignore\b/.test(mark) || /\bneeds (the network|a GPU)\b/.test(doc)) &&
        new RegExp(`\\b${name}\\b(?![^]*^} from)`, "m").test(code)
      ).map(([, , , code]) => code)
  );
  if (examples.length === 0) missing.push("an example that runs");
  else if (!examples.some((code) => /\bassert\w*\(|\/\/ |console\.log/.test(code))) {
    missing.push("what the example gives");
  }
  return missing;
}

interface Source {
  /** Where a name of the file comes from: a file, and its name there. */
  readonly imported: ReadonlyMap<string, readonly [file: string, name: string]>;
  /** The code of the file's own declarations. */
  readonly declared: ReadonlyMap<string, string>;
}

const sources = new Map<string, Promise<Source>>();

/** Reads a file by its lines, which `deno fmt` has laid out. */
async function readSource(file: string): Promise<Source> {
  const code = (await Deno.readTextFile(file))
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const imported = new Map<string, [string, string]>();
  const names = /(?:import|export|const) \{([^}]*)\} (?:from|= await import\()\s*"(\.[^"]+)"/g;
  for (const [, list, from] of code.matchAll(names)) {
    for (const item of list.split(",")) {
      const [name, own = name] = item.trim().replace(/^type /, "").split(/ as |: /);
      imported.set(own, [fileURLToPath(new URL(from, `file://${file}`)), name]);
    }
  }
  const heads = [
    ...code.matchAll(
      /^(?:export )?(?:abstract )?(?:async )?(?:function\*?|class|const|interface|type) (\w+)/gm,
    ),
  ];
  const declared = new Map(heads.map(({ 0: head, 1: name, index }, i) => {
    const text = code.slice(index, heads[i + 1]?.index);
    // Of a class only what `new` runs.
    const made = /\bclass /.test(head)
      ? /^ {2}constructor\([\s\S]*?^ {2}\}/m.exec(text)?.[0]
      : text;
    return [name, made ?? ""];
  }));
  return { imported, declared };
}

/** Whether a function makes an error of ours, or one that it calls by name does. */
async function canThrow(file: string, name: string, seen: Set<string>): Promise<boolean> {
  if (seen.has(`${file} ${name}`)) return false;
  seen.add(`${file} ${name}`);
  if (!sources.has(file)) sources.set(file, readSource(file));
  const { imported, declared } = await sources.get(file)!;
  const code = declared.get(name) ?? "";
  if (/\bnew (Data|Device|Plugin|Training|Usage)Error\(/.test(code)) return true;
  for (const [, called] of code.matchAll(/\b(\w+)(?:<[^()]*>)?\(/g)) {
    const [at, as] = imported.get(called) ?? [file, called];
    if ((at !== file || declared.has(as)) && await canThrow(at, as, seen)) return true;
  }
  return false;
}

const throwing = ({ name, location }: Documented) =>
  canThrow(fileURLToPath(location.filename), name, new Set());

const functions = await exportedFunctions("mod.ts", "lib/nn/mod.ts", "lib/objectives/mod.ts");

Deno.test("every exported function says its shapes and units, its errors and an example", async () => {
  assert(functions.length > 55, `${functions.length} functions`);
  const missing: string[] = [];
  for (const one of functions) {
    const what = lacks(one, await throwing(one));
    if (what.length > 0) missing.push(`${one.name} lacks ${what.join(", ")}`);
  }
  assertEquals(missing, []);
});

Deno.test("what a function's documentation lacks is found", async () => {
  let [shapes, units, errors] = [0, 0, 0];
  for (const one of functions) {
    const throws = await throwing(one);
    const { doc = "", tags = [] } = one.jsDoc ?? {};
    const found = (tags: readonly Tag[], text = doc) =>
      lacks({ ...one, jsDoc: { doc: text, tags } }, throws);
    const each = (change: (text: string) => string) =>
      tags.map((tag) => ({ ...tag, doc: tag.doc && change(tag.doc) }));

    assertEquals(found(tags.filter(({ kind }) => kind !== "example")), ["an example that runs"]);
    assertEquals(found(each((text) => text.replaceAll("```ts", "```ts ignore"))), [
      "an example that runs",
    ]);
    const other = each((text) => text.replaceAll(new RegExp(`\\b${one.name}\\b`, "g"), "other"));
    assertEquals(found(other), ["an example that runs"]);
    const bare = (text: string) =>
      text.replaceAll(new RegExp(SHAPE, "g"), "").replaceAll(new RegExp(UNIT, "g"), "");
    const without = tags.map((tag) =>
      tag.kind === "example" ? tag : { ...tag, doc: bare(tag.doc ?? "") }
    );
    const [measure] = found(without, bare(doc) || "It.");
    if (measure === "a shape") shapes++;
    if (measure === "a unit") units++;
    const silent = found(
      tags.filter(({ kind }) => kind !== "throws"),
      doc.replaceAll("Throws", ""),
    );
    assertEquals(silent, throws ? ["its errors"] : []);
    errors += Number(throws);
  }
  assert(shapes > 30 && units > 5 && errors > 15, `${[shapes, units, errors]}`);
  const [first] = functions;
  assertEquals(lacks({ ...first, jsDoc: {} }, false), ["what it gives", "an example that runs"]);
  const needs = (
    why: string,
  ) => [{
    kind: "example",
    doc: `It needs ${why}.\n\`\`\`ts ignore\n${first.name}(); // 1\n\`\`\``,
  }];
  assertEquals(lacks({ ...first, jsDoc: { doc: "It.", tags: needs("the network") } }, false), []);
  assertEquals(lacks({ ...first, jsDoc: { doc: "It.", tags: needs("patience") } }, false), [
    "an example that runs",
  ]);
});
