/**
 * Times and amounts as a person says them, and commands as a person types them.
 *
 * @module
 */

/** `40 s`, `12 min`, `3 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Points with their sign, which nothing has plus: `+5.25`, `−0.30`. */
export function signed(points: number): string {
  const digits = Math.abs(points).toFixed(2);
  return (points < 0 && Number(digits) > 0 ? "−" : "+") + digits;
}

/** How much is done, and of how much where that is known: `12/40 steps`, `3.1/26.4 MB`. */
export function amount(done: number, total: number, unit: string): string {
  const mega = unit === "B";
  const show = (n: number) => mega ? (n / 1e6).toFixed(1) : String(n);
  return `${show(done)}${total > 0 ? "/" + show(total) : ""} ${mega ? "MB" : unit}`;
}

/** A text as one word of a shell: as it is where that is safe, else in quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
