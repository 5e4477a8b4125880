/** Files of npm packages that are no modules, in Deno's cache. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The path of a file of a package that `lib/packages` names with its exact version. */
export async function npmFile(name: string, file: string): Promise<string> {
  const module = new URL(import.meta.resolve(name));
  const [, version] = /"npm:.+@([\d.]+)"/.exec(await Deno.readTextFile(module))!;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  // A folder per registry.
  const paths = [...Deno.readDirSync(npmCache)].map((registry) =>
    join(npmCache, registry.name, name, version, file)
  );
  const path = paths.find((path) => existsSync(path));
  if (path === undefined) throw new Error(`${name}@${version} is not in ${npmCache}`);
  return path;
}
