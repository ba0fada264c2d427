/** Mistakes of YAML around the dashes of a list. */
import { type FoundMistake, type SyntaxFinding, foundAt, isOfIndentation } from './yaml-finding.ts';
import { type Level, type OpenLevels, indentOf, lineAt, openLevels } from './yaml-lines.ts';

/** A line that stands too far in or out, and what is open above it. */
interface MisplacedLine extends OpenLevels {
  readonly start: number;
  readonly line: string;
  readonly indent: number;
}

/** Null: that is not what was found. */
function misplacedLine(finding: SyntaxFinding, text: string): MisplacedLine | null {
  if (!isOfIndentation(finding)) return null;
  const { start, line } = lineAt(text, finding.offset);
  return { start, line, indent: indentOf(line), ...openLevels(text.slice(0, start)) };
}

const ADDRESS_LINE = /^ *(\w[\w.-]*:\d{1,5})\s*(?:#.*)?$/;

/** `localhost:8081` on a line of its own, without the dash or the key that it needs. */
export function addressOnLine(finding: SyntaxFinding, text: string): FoundMistake | null {
  const misplaced = misplacedLine(finding, text);
  const address = ADDRESS_LINE.exec(misplaced?.line ?? '')?.[1];
  if (misplaced === null || address === undefined) return null;
  const { start, indent, beside, below } = misplaced;
  const last = beside.at(-1);
  if (last?.column !== indent) return null;
  if (last.key === '-') {
    return foundAt(start + indent, address.length, 'there is no dash in front of this item', `Write - ${address}.`);
  }
  if (below !== indent || !['address', 'endpoints'].includes(last.key)) return null;
  const value = last.key === 'address' ? address : `[${address}]`;
  const message = `this belongs to "${last.key}", which is empty`;
  return foundAt(start + indent, address.length, message, `Write ${last.key}: ${value} on one line.`);
}

const KEY_LINE = /^ *([\w$."'-]+):(?:\s|$)/;

/** A key in the column of the dashes above it: it is neither one more item nor a key of the last one. */
export function besideDash(finding: SyntaxFinding, text: string): FoundMistake | null {
  const misplaced = misplacedLine(finding, text);
  const key = KEY_LINE.exec(misplaced?.line ?? '')?.[1];
  if (misplaced === null || key === undefined || key.startsWith('-')) return null;
  const { start, indent, beside } = misplaced;
  const dash = beside.findLastIndex((level) => level.key === '-' && level.column === indent);
  if (dash < 0) return null;
  const message = `"${key}" stands where the dashes of a list stand`;
  return foundAt(start + indent, key.length, message, cureBesideDash(beside, dash));
}

function cureBesideDash(beside: readonly Level[], dash: number): string {
  const [inner, outer, around] = [beside[dash + 1], beside[dash - 1], beside[dash - 2]] as readonly (
    Level | undefined
  )[];
  if (around?.key === 'pools' && outer !== undefined) {
    return `Write "endpoints:" above the list: "${outer.key}" is a list of servers or a map of keys, not both.`;
  }
  const ways = [
    ...(inner === undefined ? [] : [`by ${inner.column}, as "${inner.key}" is, if it belongs to that item`]),
    ...(outer === undefined ? [] : [`by ${outer.column}, as "${outer.key}" is`]),
  ];
  return `Indent it ${ways.join(', or ')}.`;
}

/** A dash between the column of its list and that of a key further out. */
export function dashTooFarOut(finding: SyntaxFinding, text: string): FoundMistake | null {
  const misplaced = misplacedLine(finding, text);
  if (misplaced === null || !/^ *-(?:\s|$)/.test(misplaced.line)) return null;
  const { start, indent, beside } = misplaced;
  if (!beside.some(({ column, key }) => column === indent && key !== '-')) return null;
  const dash = beside.find(({ column, key }) => column > indent && key === '-');
  if (dash === undefined) return null;
  return foundAt(start + indent, 1, 'this dash stands further out than those above it', `Indent it by ${dash.column}.`);
}
