/**
 * JSON without what parsers disagree on, for files from strangers.
 *
 * @module
 */

/**
 * Parses JSON (RFC 8259) in which no object has a name twice, no text has half a surrogate pair,
 * nothing is nested deeper than `maxDepth`, and all numbers are natural ones, written in digits.
 * Time and memory are linear in the length of the text.
 *
 * Throws a SyntaxError that says what is wrong.
 */
export function parseStrictJson(text: string, maxDepth: number): unknown {
  const { objects, escaped } = scan(text, maxDepth);
  const value: unknown = JSON.parse(text);
  // The literals are well formed, now that JSON.parse has taken them.
  const unescape = (literal: string): string => JSON.parse(literal);
  for (const names of objects) {
    const seen = new Set<string>();
    for (const name of names.map(unescape)) {
      if (seen.has(name)) throw new SyntaxError(`the name ${JSON.stringify(name)} twice`);
      seen.add(name);
    }
  }
  const broken = escaped.find((literal) => !unescape(literal).isWellFormed());
  if (broken !== undefined) throw new SyntaxError(`half a surrogate pair in ${broken}`);
  return value;
}

/**
 * The names of each object, and the strings with escapes of code points, all as literals. Of text
 * that is no JSON it gives something or other: JSON.parse is to refuse that.
 *
 * By hand, as a regular expression runs out of stack on a long string.
 */
function scan(text: string, maxDepth: number): { objects: string[][]; escaped: string[] } {
  const objects: string[][] = [];
  const escaped: string[] = [];
  const open: string[][] = [];
  let string = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      const end = endOfString(text, i);
      string = text.slice(i, end);
      if (string.includes("\\u")) escaped.push(string);
      i = end - 1;
    } else if (char === ":") {
      open.at(-1)?.push(string);
    } else if (char === "{" || char === "[") {
      if (open.length === maxDepth) throw new SyntaxError(`nesting deeper than ${maxDepth}`);
      const names: string[] = [];
      open.push(names);
      if (char === "{") objects.push(names);
    } else if (char === "}" || char === "]") {
      open.pop();
    } else if ("-+.E".includes(char) || (char === "e" && isDigit(text[i - 1]))) {
      // 1.0 and 1e0 are whole to one parser and not to the next, and −0 is.
      throw new SyntaxError(`a number that is not digits alone: ${text.slice(i - 8, i + 8)}`);
    }
  }
  return { objects, escaped };
}

/** The place after the string literal that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}

const isDigit = (char: string): boolean => char >= "0" && char <= "9";
