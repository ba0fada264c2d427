/**
 * The values of sticky cookies: HMAC-SHA256 of the identity of an endpoint, so that they say nothing of its address and
 * nobody can make one up. They are worked out here, off the workers, which only compare them.
 */
import { LEAST_SECRET_BYTES } from '../../core/balancer/sticky-secret.ts';
import type { StickySpec } from '../../core/snapshot.ts';
import { FileRefused, readRegularFile } from '../../machine/regular-file.ts';

/** A secret for sticky cookies cannot be read, or is too short. `message` names pool and file. */
export class StickySecretError extends Error {
  readonly code = 'FL_STICKY_SECRET';
  override readonly name = 'StickySecretError';
}

const OWN_BYTES = 32;
/** So that the secret may be used for something else as well. */
const PURPOSE = 'fairlead sticky endpoint\0';

/** A pool whose clients may be bound to its endpoints. */
interface StickyPool {
  readonly id: string;
  readonly sticky: StickySpec | null;
}

export class StickyValues {
  /** By the file; `''`: the one that was made for this process. */
  #secrets = new Map<string, Buffer>();
  /** Since they were read, by file and endpoint. */
  readonly #values = new Map<string, Map<string, string>>();

  /** Reads the secrets anew. Rejects with a {@link StickySecretError}, and then keeps those from before. */
  async load(pools: readonly StickyPool[]): Promise<void> {
    const secrets = new Map<string, Buffer>();
    for (const { id, sticky } of pools) {
      if (sticky === null || secrets.has(sticky.secretFile)) continue;
      secrets.set(sticky.secretFile, await this.#secretOf(id, sticky.secretFile));
    }
    // Endpoints that are gone keep nothing.
    this.#values.clear();
    // The one of this process stays, for a pool that is sticky again.
    this.#secrets = new Map([...this.#secrets].filter(([file]) => file === '').concat([...secrets]));
  }

  async #secretOf(pool: string, file: string): Promise<Buffer> {
    if (file !== '') return readSecret(pool, file);
    const { randomBytes } = process.getBuiltinModule('node:crypto');
    return this.#secrets.get('') ?? randomBytes(OWN_BYTES);
  }

  /** What the cookie of a client says that is bound to the endpoint. */
  of({ secretFile }: StickySpec, endpoint: string): string {
    const values = this.#values.get(secretFile) ?? new Map<string, string>();
    this.#values.set(secretFile, values);
    const value = values.get(endpoint) ?? this.#make(secretFile, endpoint);
    values.set(endpoint, value);
    return value;
  }

  #make(file: string, endpoint: string): string {
    const secret = this.#secrets.get(file);
    if (secret === undefined) throw new Error('sticky cookies: used before their secret was read');
    const { createHmac } = process.getBuiltinModule('node:crypto');
    return createHmac('sha256', secret)
      .update(PURPOSE + endpoint)
      .digest('base64url');
  }
}

async function readSecret(pool: string, file: string): Promise<Buffer> {
  const content = await readRegularFile(file).catch((error: unknown) => {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = error instanceof FileRefused ? error.message : String(error);
    throw new StickySecretError(
      `pool ${pool}: the secret of its sticky cookies, ${file}, ${isMissing ? 'is not there' : `cannot be read: ${why}`}`,
    );
  });
  const secret = withoutLineEnd(content);
  if (secret.length >= LEAST_SECRET_BYTES) return secret;
  throw new StickySecretError(
    `pool ${pool}: the secret of its sticky cookies, ${file}, is shorter than ${LEAST_SECRET_BYTES} bytes; make one with: openssl rand -hex 32`,
  );
}

/** Editors and shells end a file with one. */
function withoutLineEnd(content: Buffer): Buffer {
  let end = content.length;
  while (end > 0 && (content[end - 1] === 0x0a || content[end - 1] === 0x0d)) end--;
  return content.subarray(0, end);
}
