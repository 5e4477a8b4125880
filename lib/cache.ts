/**
 * Where downloads and measurements are kept.
 *
 * @module
 */

/** The folder for downloads and measurements: TAUPLUS_CACHE, else the system's place for caches. */
export function cacheFolder(): string {
  const set = Deno.env.get("TAUPLUS_CACHE");
  if (set) return set;
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? ".";
  const base = Deno.build.os === "darwin"
    ? `${home}/Library/Caches`
    : Deno.build.os === "windows"
    ? Deno.env.get("LOCALAPPDATA") ?? home
    : Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`;
  return `${base}/tauplus`;
}
