/** What is wrong with a YAML text, in words for people who do not know its grammar: the commonest mistakes first. */
import { Mistake } from './errors.ts';
import { describeValue } from './units.ts';
import { type FoundMistake, type SyntaxFinding, foundAt as at, isOfIndentation } from './yaml-finding.ts';
import { addressOnLine, besideDash, dashTooFarOut } from './yaml-list-mistakes.ts';
import { indentOf, lineAt, nextLine, openLevels, unclosedBracket } from './yaml-lines.ts';

const AS_YAML = 'Mend the YAML; a text with signs such as : or # in it is safest in quotes.';

/** Tried in this order; the first that knows what it is wins. */
const DIAGNOSES = [
  tabs,
  documents,
  tags,
  brackets,
  quotes,
  addressOnLine,
  besideDash,
  missingBlank,
  afterValue,
  signs,
  twoKeys,
  dashTooFarOut,
  indentation,
  comments,
];

/** Null: nothing is known of it, and it may follow from a mistake above, of which something was. */
export function describeSyntax(finding: SyntaxFinding, text: string, isFirst: boolean): FoundMistake | null {
  for (const diagnose of DIAGNOSES) {
    const found = diagnose(finding, text);
    if (found !== null) return found;
  }
  if (!isFirst && isOfIndentation(finding)) return null;
  const reason = finding.message.replace(/\s+/g, ' ').replace(/[.\s]+$/, '');
  const message = `this is not valid YAML: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
  return at(finding.offset, 1, message, AS_YAML);
}

/** A text that only seems to be an alias, such as `*.example.com`, and an alias of nothing. */
export function describeAlias(name: string): Mistake {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) {
    const written = JSON.stringify(`*${name}`);
    return new Mistake('a text that begins with * is an alias to YAML', `Put it in quotes: ${written}.`);
  }
  return new Mistake(
    `the alias *${name} comes before any &${name}`,
    'Name an anchor that stands above it, or put the text in quotes.',
  );
}

/** Signs that look like YAML's and are not, as copied text has them; found before it is parsed. */
export function findLookAlikes(text: string): readonly FoundMistake[] {
  const found: FoundMistake[] = [];
  for (const { 0: whole, index } of text.matchAll(/^[ -]*[^\S \t\r\n]+|:[^\S \t\r\n]|(?:: ?|- ?|[[{,] ?)[“”„‘’«]/gm)) {
    const sign = whole.charCodeAt(whole.length - 1);
    const offset = index + whole.length - 1;
    const code = `U+${sign.toString(16).toUpperCase().padStart(4, '0')}`;
    found.push(
      /\s$/.test(whole)
        ? at(offset, 1, `there is a space that YAML does not know (${code})`, 'Write an ordinary space in its place.')
        : at(offset, 1, `this sign (${code}) is no quote to YAML`, `Write " or ' in its place.`),
    );
  }
  return found;
}

function tabs({ code, offset }: SyntaxFinding): FoundMistake | null {
  return code === 'TAB_AS_INDENT' ? at(offset, 1, 'a line is indented by a tab', 'Indent with spaces.') : null;
}

function documents({ code, offset }: SyntaxFinding): FoundMistake | null {
  if (code !== 'MULTIPLE_DOCS') return null;
  return at(offset, 1, 'the file holds more than one document', 'Take out everything from the second "---" on.');
}

function tags({ code, offset }: SyntaxFinding): FoundMistake | null {
  if (code !== 'TAG_RESOLVE_FAILED') return null;
  return at(offset, 1, 'there is a tag that means nothing here', 'Take it out, or put the text in quotes.');
}

function brackets({ code, message, offset }: SyntaxFinding, text: string): FoundMistake | null {
  if (!/end with a [\]}]|expected flow (?:map|sequence)/i.test(message) && code !== 'BAD_INDENT') return null;
  const open = unclosedBracket(text.slice(0, offset));
  if (open === null) return null;
  const closing = text[open] === '[' ? ']' : '}';
  return at(open, 1, `this ${text[open]} is never closed`, `Put a ${closing} at the end of what it holds.`);
}

function quotes({ message, offset }: SyntaxFinding, text: string): FoundMistake | null {
  const sign = /^Missing closing (["'])/.exec(message)?.[1];
  if (sign === undefined) return null;
  // The text in quotes runs on to the end: it began at the last quote that has a beginning of a value in front of it.
  const before = text.slice(0, offset);
  const begins = [...before.matchAll(/(?:^|[:\-[{,]) *(["'])/gm)].filter((each) => each[1] === sign);
  const odd = begins.findLast(({ 0: whole, index }) => {
    const end = before.indexOf('\n', index);
    return before.slice(index, end < 0 ? undefined : end).split(sign).length % 2 === 0 && whole !== '';
  });
  const place = odd === undefined ? offset : odd.index + odd[0].length - 1;
  return at(place, 1, 'this quote is never closed', `Put a ${sign} at the end of the text.`);
}

const KEY_WITHOUT_BLANK = /^( *(?:- +)*)([A-Za-z_$][\w$-]*):([^\s/].*?)\s*$/;
const DASH_WITHOUT_BLANK = /^( *)-([^\s-].*?)\s*$/;
const KEY_WITHOUT_COLON = /^( *(?:- +)*)([A-Za-z_$][\w$-]*)(?: +([^\s:#][^:#]*))?\s*$/;
const KEY_CODES = new Set(['MULTILINE_IMPLICIT_KEY', 'MISSING_CHAR', 'BAD_INDENT']);

function missingBlank({ code, message, offset }: SyntaxFinding, text: string): FoundMistake | null {
  if (!KEY_CODES.has(code) || message.startsWith('Comments')) return null;
  const { start, line } = lineAt(text, offset);
  const dash = DASH_WITHOUT_BLANK.exec(line);
  if (dash !== null) {
    return at(start + dash[1].length, 1, 'there is no space after the dash', `Write - ${dash[2]}.`);
  }
  const key = KEY_WITHOUT_BLANK.exec(line);
  if (key !== null) {
    const place = start + key[1].length + key[2].length;
    return at(place, 1, `there is no space after the colon of "${key[2]}"`, `Write ${key[2]}: ${key[3]}.`);
  }
  const bare = KEY_WITHOUT_COLON.exec(line);
  if (bare === null || code === 'BAD_INDENT') return null;
  const written = bare[3] === undefined ? `"${bare[2]}:"` : `${bare[2]}: ${bare[3]}`;
  return at(start + bare[1].length, bare[2].length, `there is no colon after "${bare[2]}"`, `Write ${written}.`);
}

/** `[::1]:8080`, `[a-z]+`, `[a];`: a list or a map ends, and the text goes on. */
function afterValue({ code, offset }: SyntaxFinding, text: string): FoundMistake | null {
  if (code !== 'UNEXPECTED_TOKEN') return null;
  const { start, line } = lineAt(text, offset);
  const rest = line.slice(offset - start);
  if (/^[;,]\s*$/.test(rest)) return at(offset, 1, `there is a ${rest[0]} behind the value`, 'Take it out.');
  // Looked for at each place, since one may lie within another.
  const values = /(?<=: |- |[[{,] ?)(?=(\[[^[\]]*\]|\{[^{}]*\}|"[^"]*"|'[^']*')([^\s,\]}]*))/g;
  for (const [, value, more] of line.matchAll(values)) {
    const from = offset - value.length;
    if (!text.startsWith(value, from) || more === '') continue;
    const message = `to YAML this text ends at ${describeValue(value.at(-1))}`;
    return at(
      from,
      value.length + more.length,
      message,
      `Put the whole of it in quotes: ${JSON.stringify(value + more)}.`,
    );
  }
  return null;
}

function signs({ code, offset }: SyntaxFinding, text: string): FoundMistake | null {
  if (code !== 'BAD_SCALAR_START' && code !== 'BAD_ALIAS') return null;
  const word = /^[^\s,\]}]+/.exec(text.slice(offset))?.[0] ?? text[offset];
  const message = `a text cannot begin with ${text[offset]} in YAML`;
  return at(offset, word.length, message, `Put it in quotes: ${JSON.stringify(word)}.`);
}

const SECOND_KEY = /^ *(?:- +)*([\w$-]+): +([\w$-]+): (.*?)\s*$/;

function twoKeys({ code, offset }: SyntaxFinding, text: string): FoundMistake | null {
  const { line } = lineAt(text, offset);
  if (code === 'BLOCK_IN_FLOW') {
    const message = 'there are two colons between two commas';
    return at(offset, 1, message, 'Put a comma between two keys, and a text with ": " in it into quotes.');
  }
  const found = code === 'BLOCK_AS_IMPLICIT_KEY' ? SECOND_KEY.exec(line) : null;
  if (found === null) return null;
  const [, first, second, value] = found;
  const cure = `Write ${first}: { ${second}: ${value} }, or "${second}" on a line of its own, further in.`;
  return at(offset, second.length, `there are two keys on one line, "${first}" and "${second}"`, cure);
}

/** A line that stands at no level that is open above it, or further in than a key that has its value already. */
function indentation({ code, message, offset }: SyntaxFinding, text: string): FoundMistake | null {
  if (!isOfIndentation({ code, message, offset })) return null;
  const first = lineAt(text, offset);
  const inner =
    code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY' ? nextLine(text, first.end) : null;
  for (const { start, line } of inner === null ? [first] : [first, inner]) {
    const indent = indentOf(line);
    const { beside, below } = openLevels(text.slice(0, start));
    if (line.trim() === '' || beside.some(({ column }) => column === indent)) continue;
    if (beside.length === 0 || (below !== null && indent > below)) continue;
    const near = beside.filter(({ column }) => Math.abs(column - indent) <= NEAR);
    const others = (near.length > 0 ? near : beside).map(({ column, key }) => `by ${column}, as "${key}" is`);
    const what = `this line is indented by ${indent} ${indent === 1 ? 'space' : 'spaces'}, which fits nothing above it`;
    return at(start + indent, 1, what, `Indent it ${others.join(', or ')}.`);
  }
  return null;
}

/** Nobody slips by more. */
const NEAR = 2;

function comments({ message, offset }: SyntaxFinding): FoundMistake | null {
  if (!message.startsWith('Comments must be separated')) return null;
  return at(
    offset,
    1,
    'there is no space before the #',
    'Put one there, or the text in quotes if the # belongs to it.',
  );
}
