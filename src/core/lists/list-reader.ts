/**
 * Lists of addresses as people and clouds publish them: a line an entry, with whatever else stands there (netset, `ipset
 * save`, `deny` lines of nginx, Spamhaus), JSON of any shape, or a JSON value a line.
 */
import { readJson } from './list-json.ts';
import type { ListFilter } from './list-json.ts';
import { addNetwork } from './network-text.ts';
import { CollectedRanges } from './ranges.ts';

/** How a list is read. */
export interface ListRules extends ListFilter {
  /** Blocks wider than /8, of IPv6 than /24, are taken. */
  readonly allowWide: boolean;
}

export interface ReadList {
  readonly ranges: CollectedRanges;
  /** Lines, or values of JSON, that stand for an entry: good ones and bad ones. */
  readonly entries: number;
  /** Numbers of lines that are no address, from 1: the first five of them. */
  readonly badLines: readonly number[];
  readonly bad: number;
  /** Why it is not to be used; null: it is. */
  readonly refused: ListRefusal | null;
}

export interface ListRefusal {
  /** From 1; 0: the text as a whole. */
  readonly line: number;
  /** A sentence without its full stop. */
  readonly message: string;
  /** What to do about it: a sentence. */
  readonly cure: string;
}

/** Of a file or an answer. */
export const MOST_LIST_BYTES = 64 * 1024 * 1024;
const MOST_SAID = 5;
/** A text with a larger share of bad lines is taken for something else than a list. */
const MOST_BAD = 0.01;
const WIDEST_4 = 8;
const WIDEST_6 = 24;

/** Collects entries, and what is wrong with them. */
export class ListEntries {
  readonly ranges = new CollectedRanges();
  readonly badLines: number[] = [];
  bad = 0;
  refused: ListRefusal | null = null;
  readonly #allowWide: boolean;

  constructor(allowWide: boolean) {
    this.#allowWide = allowWide;
  }

  get entries(): number {
    return this.ranges.count + this.bad;
  }

  /** False: it is no network, and nothing was noted. */
  add(text: string, line: number): boolean {
    const is4 = this.ranges.of4.length;
    const bits = addNetwork(text, this.ranges);
    if (bits < 0) return false;
    const widest = this.ranges.of4.length > is4 ? WIDEST_4 : WIDEST_6;
    if (bits < widest && !this.#allowWide) {
      this.refuse(line, `${text} is wider than /${widest}`, 'Take it out, or say allowWide: on for this list.');
    }
    return true;
  }

  addBad(line: number): void {
    this.bad++;
    if (this.badLines.length < MOST_SAID) this.badLines.push(line);
  }

  /** The first reason counts. */
  refuse(line: number, message: string, cure: string): void {
    this.refused ??= { line, message, cure };
  }
}

/** Never throws; linear in the text. */
export function readList(text: string, rules: ListRules): ReadList {
  const list = new ListEntries(rules.allowWide);
  const whole = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const isJson = /^\s*[[{]/.test(whole);
  if (isJson) readJson(whole, rules, list);
  else if (rules.where !== null || rules.keys.length > 0) {
    list.refuse(0, 'where and keys are for JSON, and this is none', 'Take them out, or name another file.');
  } else readLines(whole, list);
  judge(list, isJson);
  const { ranges, entries, badLines, bad, refused } = list;
  return { ranges, entries, badLines, bad, refused };
}

function judge(list: ListEntries, isJson: boolean): void {
  if (list.bad > list.entries * MOST_BAD) {
    const said = list.badLines.join(', ');
    const message = `${list.bad} of ${list.entries} lines are no addresses (line ${said}${list.bad > MOST_SAID ? ' …' : ''})`;
    list.refuse(list.badLines[0], message, 'Mend them; comments begin with #, ; or //.');
  } else if (list.entries === 0) {
    const cure = isJson ? 'Look at where and keys, if the list has them.' : 'Write an address or a block a line.';
    list.refuse(0, 'there is no address in it', cure);
  }
}

const COMMENT = /#|;|\/\//;
/** What programs write round the entries of a list. */
const STRUCTURE = /^(?:create|destroy|flush|swap|commit|-N|-X|-F)\b/i;
const VERB = /^(allow|deny)\s+(\S+)/i;
/** From one address to another, with blanks round the dash. */
const SPAN = /^[0-9A-Fa-f:.]+\s*-\s*[0-9A-Fa-f]*[:.][0-9A-Fa-f:.]*(?=[\s,]|$)/;
const BREAKS = /[\s,"'|=()[\]{}]+/;

function readLines(text: string, list: ListEntries): void {
  const verbs = new Set<string>();
  let number = 0;
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const next = end < 0 ? text.length : end;
    number++;
    readLine(text.slice(at, next), number, list, verbs);
    at = next + 1;
  }
}

/** `verbs`: what the lines so far say of their addresses. */
function readLine(written: string, number: number, list: ListEntries, verbs: Set<string>): void {
  const comment = COMMENT.exec(written);
  const line = (comment === null ? written : written.slice(0, comment.index)).trim();
  if (line === '' || STRUCTURE.test(line)) return;
  const [, verb, what] = VERB.exec(line) ?? [];
  if (verb !== undefined) {
    // What is true of all others.
    if (what === 'all') return;
    verbs.add(verb.toLowerCase());
    if (verbs.size > 1) {
      list.refuse(number, 'it has lines with allow and with deny', 'Make two lists of it: one to allow, one to deny.');
    }
  }
  if (!addFirst(line, number, list)) list.addBad(number);
}

/** The first thing in a line that is an address, with what makes a block or a range of it. */
function addFirst(line: string, number: number, list: ListEntries): boolean {
  const span = SPAN.exec(line);
  if (span !== null) return list.add(span[0], number);
  return line.split(BREAKS).some((word) => list.add(word, number));
}
