/**
 * A new plugin in a folder, and what its author does next.
 *
 * @module
 */
import { isAbsolute, join, relative, resolve } from "node:path";
import { DataError, UsageError } from "../errors.ts";
import type { Kind } from "../plugin.ts";
import { writeAtomic } from "../files.ts";
import { shellWord } from "../terminal/text.ts";
import {
  checkoutProject,
  CLI,
  findProject,
  missingImports,
  projectText,
  trainFlags,
} from "./project.ts";
import { KINDS } from "../registry.ts";

export interface NextStep {
  readonly what: string;
  readonly command: string;
}

/** What was written. */
export interface NewPlugin {
  readonly kind: Kind;
  /** The name on the command line. */
  readonly name: string;
  /** The files, as paths from the working folder. */
  readonly files: readonly string[];
  /** What to do next, in order. */
  readonly next: readonly NextStep[];
}

/** Two epochs: seconds, and a loss that falls. */
const SHORT = "--epochs=2";

/**
 * Writes a plugin and its test into a folder, and a `deno.json` where neither the folder nor one
 * above has any. Throws a UsageError where a file is there already; then nothing is written.
 */
export async function newPlugin(kind: Kind, name: string, folder: string): Promise<NewPlugin> {
  const project = await findProject(folder);
  const files: NewFile[] = await pluginFiles(kind, name);
  if (project === undefined) {
    files.push({ name: "deno.json", text: projectText(folder, kind, name) });
  }
  await makeFolder(folder);
  for (const file of files) await refuseExisting(join(folder, file.name));
  const written: string[] = [];
  try {
    for (const file of files) {
      const path = join(folder, file.name);
      await writeAtomic(path, file.text);
      written.push(path);
    }
  } catch (error) {
    await Promise.all(written.map((path) => Deno.remove(path)));
    throw error;
  }
  return {
    kind,
    name,
    files: written.map(shown),
    next: project === undefined
      ? ownSteps(shown(folder))
      : await sharedSteps(kind, name, shown(folder), project),
  };
}

/** The steps in a folder with a `deno.json` of its own. */
function ownSteps(folder: string): NextStep[] {
  return [
    ...(folder === "." ? [] : [{ what: "go there", command: `cd ${shellWord(folder)}` }]),
    { what: "check it", command: "deno task check" },
    { what: "test it", command: "deno task test" },
    { what: "train with it", command: `deno task train ${SHORT}` },
  ];
}

/** The steps in a project there was before: the checkout of tauplus, or the author's. */
async function sharedSteps(
  kind: Kind,
  name: string,
  folder: string,
  project: string,
): Promise<NextStep[]> {
  const inCheckout = project === checkoutProject();
  const missing = inCheckout ? [] : await missingImports(project);
  const tauplus = inCheckout ? "deno task" : CLI;
  const base = folder === "." ? "" : `${folder}/`;
  const specifier = shellWord(isAbsolute(folder) ? `${base}${name}.ts` : `./${base}${name}.ts`);
  return [
    ...(missing.length === 0
      ? []
      : [{ what: "add what it imports", command: `deno add ${missing.join(" ")}` }]),
    { what: "check it", command: `${tauplus} plugins check ${specifier}` },
    { what: "test it", command: `deno test -A ${shellWord(`${base}${name}_test.ts`)}` },
    {
      what: "train with it",
      command: `${tauplus} train --plugin=${specifier} ${trainFlags(kind, name)} ${SHORT}`,
    },
  ];
}

/** A path from the working folder where it is below, else absolute. */
function shown(path: string): string {
  const below = relative(Deno.cwd(), resolve(path)).replaceAll("\\", "/");
  return below.startsWith("..") || isAbsolute(below) ? resolve(path) : below || ".";
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new UsageError({
      act: `write into ${folder}`,
      rule: "--to must be a folder that exists or can be created",
      got: cause,
      next: "Name another folder.",
      cause,
    });
  }
}

async function refuseExisting(path: string): Promise<void> {
  if (await Deno.lstat(path).then(() => false, () => true)) return;
  throw new UsageError({
    act: `write ${path}`,
    rule: "it exists already, and nothing is overwritten",
    next: "Choose another name, another folder by --to=FOLDER, or move the file away.",
  });
}

/** The placeholder for the plugin's name in the templates, where it has no other use. */
const PLACEHOLDER = "template";

interface NewFile {
  /** Its name, without a folder. */
  readonly name: string;
  readonly text: string;
}

/** A plugin that works, `NAME.ts`, and its test, `NAME_test.ts`. */
async function pluginFiles(kind: Kind, name: string): Promise<NewFile[]> {
  return await Promise.all(
    [`${PLACEHOLDER}.ts`, `${PLACEHOLDER}_test.ts`].map(async (file) => ({
      name: file.replace(PLACEHOLDER, name),
      text: instantiate(await readTemplate(kind, file), name),
    })),
  );
}

/** A template with the name in place of the placeholder, importing by names as its author does. */
export function instantiate(template: string, name: string): string {
  // `deno publish` writes versions into the specifiers of what it publishes.
  return template
    .replace(/"jsr:\/?(@\w+\/\w+)@[^"/]*((?:\/[^"]*)?)"/g, '"$1$2"')
    .replaceAll(PLACEHOLDER, name);
}

async function readTemplate(kind: Kind, file: string): Promise<string> {
  const url = new URL(`./templates/${kind}/${file}`, import.meta.url);
  try {
    const response = await fetch(url);
    if (response.ok) return await response.text();
    throw new Error(`${response.status} ${response.statusText}`);
  } catch (cause) {
    throw new DataError({
      act: `read the template ${url.href}`,
      rule: "it must be beside the code of tauplus",
      got: cause,
      next: url.protocol === "file:"
        ? "Restore the file in the checkout of tauplus."
        : "Check the connection, then run the command again.",
      cause,
    });
  }
}

/** What JSR takes as the name of a package, but for a digit at the start. */
const LONGEST = 40;
/** Names that Windows keeps for devices. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** The kind of a word. Throws a UsageError where it is none. */
export function checkKind(word: string): Kind {
  const kind = KINDS.find((kind) => kind === word);
  if (kind !== undefined) return kind;
  throw new UsageError({
    act: "write a new plugin",
    rule: `its kind must be one of ${KINDS.join(", ")}`,
    got: word,
    next: "Try `deno task plugins new objective hinge`.",
  });
}

/**
 * Throws a UsageError unless a new plugin of the kind can have the name.
 *
 * @param taken the names of the plugins there are of that kind.
 */
export function checkName(kind: Kind, name: string, taken: readonly string[]): void {
  const act = `write a new ${kind} ${name}`;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    const words = name.split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/).filter(Boolean);
    const near = words.join("-").toLowerCase().replace(/^[^a-z]+/, "");
    throw new UsageError({
      act,
      rule: "its name must be lower-case words and digits joined by -",
      got: name,
      next: near ? `Call it ${near.slice(0, LONGEST)}.` : "Choose a name such as `cosine-hinge`.",
    });
  }
  if (name.length < 2 || name.length > LONGEST || RESERVED.test(name)) {
    throw new UsageError({
      act,
      rule: `as the name of a file and a package it must have 2 to ${LONGEST} characters and be ` +
        "no device name of Windows",
      got: name,
      next: "Choose another name.",
    });
  }
  if (taken.includes(name)) {
    throw new UsageError({
      act,
      rule: "the name is taken",
      next: `Choose another name; \`deno task plugins show ${name}\` shows the plugin that has it.`,
    });
  }
}
