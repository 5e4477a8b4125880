/** Files of npm packages that are no modules, in Deno's cache. */
import config from "../../deno.json" with { type: "json" };
import { join } from "node:path";

/** The path of a file of a package whose exact version is in deno.json. */
export async function npmFile(name: keyof typeof config.imports, file: string): Promise<string> {
  const [, version] = /@([\d.]+)$/.exec(config.imports[name])!;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  return join(npmCache, "registry.npmjs.org", name, version, file);
}
