/** Files of npm packages that are no modules, in Deno's cache. */
import config from "../../deno.json" with { type: "json" };
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The path of a file of a package whose exact version is in deno.json. */
export async function npmFile(name: keyof typeof config.imports, file: string): Promise<string> {
  const [, version] = /@([\d.]+)$/.exec(config.imports[name])!;
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
