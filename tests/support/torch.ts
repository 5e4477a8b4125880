/** PyTorch, for what is compared with it at test time; scripts are run in a process of their own. */
import { fileURLToPath } from "node:url";

/** Interpreters in the order they are tried; Debian's packages are of the system's own. */
const INTERPRETERS = ["/usr/bin/python3", "python3"];

const found = new Map<string, string | undefined>();

/** The first Python that has all of `modules`, undefined where there is none; none is imported. */
export function findPython(modules: readonly string[]): string | undefined {
  const wanted = modules.join(",");
  if (!found.has(wanted)) {
    found.set(wanted, INTERPRETERS.find((python) => hasModules(python, wanted)));
  }
  return found.get(wanted);
}

function hasModules(python: string, wanted: string): boolean {
  const code = "import importlib.util as u, sys\n" +
    "sys.exit(not all(map(u.find_spec, sys.argv[1].split(','))))";
  try {
    return new Deno.Command(python, { args: ["-c", code, wanted], stderr: "null" })
      .outputSync().success;
  } catch (error) {
    // No such interpreter.
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const TORCH = ["torch", "torchvision"];

/**
 * Runs a script with the Python that has `modules`, torch and torchvision where none are named; gives
 * its standard output. Throws where there is none, or with the script's last words where it fails.
 */
export async function runPython(
  script: string | URL,
  args: readonly string[] = [],
  stdin: string | Uint8Array = "",
  modules: readonly string[] = TORCH,
): Promise<string> {
  const python = findPython(modules);
  if (python === undefined) throw new Error(`There is no Python with ${modules.join(" and ")}`);
  const path = script instanceof URL ? fileURLToPath(script) : script;
  const child = new Deno.Command(python, {
    args: [path, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
  // A script that reads nothing may end first.
  const written = new Blob([new Uint8Array(input)]).stream().pipeTo(child.stdin).catch(() => {});
  const [{ success, stdout, stderr }] = await Promise.all([child.output(), written]);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`${path} failed:\n${text(stderr).slice(-2000)}`);
  return text(stdout);
}

/**
 * Registers a test that runs PyTorch. Without torch and torchvision it is reported as ignored, and
 * fails instead where TAUPLUS_REQUIRE_TORCH is set.
 */
export function testWithTorch(name: string, fn: () => void | Promise<void>): void {
  const missing = findPython(TORCH) === undefined;
  Deno.test({
    name: missing ? `${name} (no Python with torch and torchvision on this machine)` : name,
    ignore: missing && !Deno.env.has("TAUPLUS_REQUIRE_TORCH"),
    // A device may outlive a test.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      if (missing) throw new Error(`There is no Python with ${TORCH.join(" and ")}`);
      await fn();
    },
  });
}
