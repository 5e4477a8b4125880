/**
 * `data`: lists and fetches the datasets that come from elsewhere, and verifies those of files.
 *
 * @module
 */
import { dirname } from "node:path";
import { z } from "zod";
import { cacheFolder } from "../cache.ts";
import { chosen } from "../config.ts";
import { type DatasetSource, fetchSource, type SourceEnv, sourceOptions } from "../data/source.ts";
import { type FileStatus, sourceStatus, verifySource } from "../data/source_status.ts";
import { DataError, UsageError } from "../errors.ts";
import { blamed } from "../guard.ts";
import type { BaseEnv, Plugin, Verification } from "../plugin.ts";
import type { Registry } from "../registry.ts";
import { table } from "../terminal/text.ts";
import type { Command } from "../command_line/command.ts";

const options: z.ZodObject<typeof sourceOptions> = z.strictObject(sourceOptions);

export const command: Command<typeof options> = {
  words: "[list | fetch NAME | verify NAME]",
  names: (registry) => registry.names("dataset"),
  maxWords: 2,
  spec: { options, roles: { dataset: "fashion-mini" } },
  // The name among the words is the dataset whose options are understood.
  rewrite: (flags, [_, name]) => name === undefined ? { ...flags } : { ...flags, dataset: name },
  async run({ words: [verb = "list", name], config, registry, signal, bar, result }) {
    const env: SourceEnv = { cache: cacheFolder(), progress: (p) => bar.show(p), signal };
    if (verb === "list" && name === undefined) {
      result(await list(registry, env), listText);
    } else if (verb === "fetch" && name !== undefined) {
      const folder = await fetchSource(await sourceOf(registry, name), env, config.options);
      result({ name, folder }, () => `${name} is in ${folder}`);
    } else if (verb === "verify" && name !== undefined) {
      const { plugin, options } = chosen(config.roles, "dataset");
      if (plugin.verify) {
        const found = await verify(plugin, options, { ...env, seed: 0 });
        result({ name, ...found }, () => verificationText(found));
        refuseProblems(name, found);
        return;
      }
      const files = await verifySource(await sourceOf(registry, name), env, config.options);
      result({ name, files }, filesText);
      refuseBroken(name, files);
    } else {
      throw new UsageError({
        act: "run data",
        rule: "the words after it must be list, fetch NAME or verify NAME",
        got: [verb, name].filter((word) => word !== undefined).join(" "),
        next: "Try `deno task data list`.",
      });
    }
  },
};

/** All files of a source are in one folder. */
function filesText({ name, files }: { name: string; files: readonly FileStatus[] }): string {
  const rows = files.map(({ name, state, bytes }) => [name, state, bytes.toLocaleString("en")]);
  return `${name} in ${dirname(files[0].path)}\n\n${table(["file", "state", "bytes"], rows)}`;
}

/** Lets a dataset read all of its own files; what it throws names it. */
async function verify(
  plugin: Plugin<"dataset">,
  options: Readonly<Record<string, unknown>>,
  env: BaseEnv,
): Promise<Verification> {
  try {
    return await plugin.verify!(options, env);
  } catch (cause) {
    throw blamed(plugin, "verify()", cause, env.signal);
  }
}

function verificationText({ checked, problems, notes }: Verification): string {
  const count = checked.toLocaleString("en");
  const found = problems.length === 0
    ? `${count} read, all of them whole`
    : table(["cannot be read", "why"], problems.map(({ path, problem }) => [path, problem])) +
      `\n\n${problems.length.toLocaleString("en")} of ${count} cannot be read`;
  return [found, ...notes].join("\n");
}

function refuseProblems(name: string, { checked, problems }: Verification): void {
  if (problems.length === 0) return;
  throw new DataError({
    act: `verify ${name}`,
    rule: "every example must be readable",
    got: `${problems.length} of ${checked} unreadable`,
    next: "Repair or remove what is listed, or leave it out where the dataset can do that: see " +
      `\`deno task plugins show ${name}\`.`,
  });
}

/** A dataset, and its files where it has some. */
interface Listed {
  readonly name: string;
  readonly summary: string;
  readonly files?: readonly FileStatus[];
}

async function list(registry: Registry, env: SourceEnv): Promise<Listed[]> {
  return await Promise.all(
    registry.names("dataset").map(async (name) => {
      const { source, summary } = await registry.get("dataset", name);
      return { name, summary, ...(source && { files: await sourceStatus(source, env) }) };
    }),
  );
}

function listText(datasets: readonly Listed[]): string {
  const rows = datasets.map(({ name, summary, files }) => [name, stateOf(files), summary]);
  return table(["dataset", "on this machine", "what it is"], rows, 3);
}

function stateOf(files: readonly FileStatus[] | undefined): string {
  if (!files) return "no files needed";
  const there = files.filter(({ state }) => state === "present" || state === "packaged").length;
  return there === files.length ? "yes" : there === 0 ? "no" : `${there} of ${files.length} files`;
}

async function sourceOf(registry: Registry, name: string): Promise<DatasetSource> {
  const { source } = await registry.get("dataset", name);
  if (source) return source;
  throw new UsageError({
    act: `find the files of ${name}`,
    rule: "only a dataset that is downloaded, or read from your own files, has any",
    next: "This one needs no files; use it as it is.",
  });
}

function refuseBroken(name: string, files: readonly FileStatus[]): void {
  const broken = files.find(({ state }) => state !== "right" && state !== "packaged");
  if (!broken) return;
  throw new DataError({
    act: `verify ${name}`,
    rule: "every file must be there as published",
    got: `${broken.path}: ${broken.state}`,
    next: `Delete it if it is there, and run \`deno task data fetch ${name}\`.`,
  });
}
