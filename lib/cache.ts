/**
 * Where downloads and measurements are kept, and what is remembered of the user's own runs. As a
 * program it prints the folders that the tasks of `deno.json` may write to: the working folder, the
 * system's temporary one, and these.
 *
 * @module
 */
import { tmpdir } from "node:os";
import { printOut } from "./terminal/print.ts";

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

/**
 * The folder of what is remembered of the user: the system's place for it, never the cache, which
 * several users may share.
 */
export function stateFolder(): string {
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? ".";
  const base = Deno.build.os === "darwin"
    ? `${home}/Library/Application Support`
    : Deno.build.os === "windows"
    ? Deno.env.get("LOCALAPPDATA") ?? home
    : Deno.env.get("XDG_STATE_HOME") || `${home}/.local/state`;
  return `${base}/tauplus`;
}

if (import.meta.main) printOut([".", tmpdir(), cacheFolder(), stateFolder()].join(","));
