/** Whether a note of `fairlead init --from` tells of a difference between the original and what was made of it. */
import type { Note } from '../../src/init/report.ts';
import type { Answer, Asked } from './asked-requests.ts';

export interface Difference {
  readonly asked: Asked;
  readonly original: Answer;
  readonly ours: Answer;
}

/** The path that nginx looks for locations with: decoded, slashes merged, dots resolved. */
function decoded(path: string): string {
  const plain = decodeURIComponent(path.replace(/\?.*$/, '')).replace(/\/+/g, '/');
  return new URL(`http://a${encodeURI(plain)}`).pathname.replace(/%20/g, ' ');
}

type Tells = (difference: Difference, note: Note, found: RegExpExecArray) => boolean;

const isOwn = ({ server }: Answer): boolean => server === null;
/** A path of the directive's location. */
const isUnder = ({ path }: Asked, { directive }: Note): boolean => {
  const [, written = ''] = /^location (?:\S+ )?(\/.*)$/.exec(directive) ?? [];
  return written !== '' && decoded(path).startsWith(written);
};
const statusOf = (text: string): number => Number(/\b[2-5]\d\d\b/.exec(text)?.[0]);

/** By the reason of a note: which requests it is about. */
const NOTES: readonly (readonly [reason: RegExp, tells: Tells])[] = [
  [/access rules/, ({ original, ours }) => (original.status === 401 || original.status === 403) && ours.status === 502],
  [/are redirected as well$/, ({ asked, ours }) => ours.place !== '' && /%|\/\//.test(asked.path)],
  [/in every spelling/, ({ asked, ours }) => ours.status === 502 && /%|\/\//.test(asked.path)],
  [
    /^"return (\d+).*its requests get 502$/,
    ({ original, ours }, _, [, code]) => original.status === Number(code) && ours.status === 502,
  ],
  [
    /^"return (\d+).*(?:goes|proxy’s own)$/,
    ({ asked, original }, note, [, code]) =>
      original.status === Number(code) && isOwn(original) && (note.directive === 'server' || isUnder(asked, note)),
  ],
  [
    /answers of the proxy’s own$/,
    ({ original, ours }, { directive }) =>
      directive.startsWith('http-request') &&
      isOwn(original) &&
      !isOwn(ours) &&
      original.status === statusOf(directive),
  ],
  [/: files; its paths go/, ({ asked, original }, note) => isOwn(original) && isUnder(asked, note)],
  [
    /a prefix ends at a segment here: (\S+) and \S+, not/,
    ({ asked }, _, [, prefix]) =>
      decoded(asked.path).startsWith(prefix) && !/^(?:\/|$)/.test(asked.path.replace(/\?.*$/, '').slice(prefix.length)),
  ],
  [
    /a prefix ends at a segment here: (\S+) as well as/,
    ({ asked }, _, [, bare]) => decoded(asked.path) === decoded(bare),
  ],
  [
    /^nginx answers (.+) with a redirect to/,
    ({ asked, original }, _, [, bare]) =>
      original.status === 301 && isOwn(original) && decoded(asked.path) === decoded(bare),
  ],
  [/^nginx merges slashes/, ({ asked }) => /\/\/|%2F/.test(asked.path)],
  [/goes without the port that the client writes$/, ({ asked, ours }) => /:\d+$/.test(asked.host) && ours.place !== ''],
  [/without its port/, ({ asked }) => /:\d+$/.test(asked.host)],
  [/in any case/, ({ asked }) => /[A-Z]/.test(asked.host)],
  [/compared in normal form/, ({ asked }) => /%[2-7][\da-f]|\.\./i.test(asked.path)],
  [/answered 404 here, 503 there/, ({ original, ours }) => original.status === 503 && ours.status === 404],
  [
    /slashes at the front/,
    ({ asked, original, ours }) =>
      asked.path.includes('//') && original.server === ours.server && original.path === `/${ours.path}`,
  ],
  [
    /^it has no location \//,
    ({ original, ours }) => isOwn(original) && /^40[45]$/.test(String(original.status)) && isOwn(ours),
  ],
];

/** Whether it tells of where the request went, and with what it was answered. */
export function tellsOfRouting(note: Note, difference: Difference): boolean {
  return NOTES.some(([reason, tells]) => {
    const found = reason.exec(note.reason);
    return found !== null && note.kind !== 'same' && tells(difference, note, found);
  });
}

/** Whether it tells of the Host that reached the server. */
export function tellsOfHost(note: Note, { asked, original, ours }: Difference): boolean {
  if (!note.reason.startsWith('the client’s Host goes on') || ours.host !== asked.host) return false;
  const plain = (host: string): string => host.toLowerCase().replace(/:\d+$/, '');
  return plain(original.host) === plain(ours.host) || note.reason.includes('name of the server');
}
