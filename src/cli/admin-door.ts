/** The admin socket of `fairlead run`, as its config wants it; loaded when it serves. */
import type { Door } from '../admin/door.ts';
import type { AdminSubject } from '../admin/operation.ts';
import type { Config } from '../config/config.ts';
import type { Say } from './log.ts';

export class AdminDoor {
  readonly #subject: AdminSubject;
  readonly #say: Say;
  #wanted = 'off';
  #door: Door | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(subject: AdminSubject, say: Say) {
    this.#subject = subject;
    this.#say = say;
  }

  /** A socket that cannot be opened costs nobody a request: that is said, and everything goes on without it. */
  follow({ settings: { admin } }: Config): void {
    this.#last = this.#last.then(() => this.#follow(admin));
  }

  /** Resolves when it is closed, also where it was about to open. */
  async close(): Promise<void> {
    await this.#last;
    await this.#door?.close();
    this.#door = null;
  }

  async #follow(admin: string): Promise<void> {
    if (admin === this.#wanted) return;
    this.#wanted = admin;
    await this.#door?.close();
    this.#door = null;
    const path = await this.#pathOf(admin);
    if (path === null) return;
    const { DoorError, openDoor } = await import('../admin/door.ts');
    try {
      this.#door = await openDoor(path, this.#subject);
    } catch (error) {
      const why = error instanceof DoorError ? error.message : String(error);
      this.#say(`no admin socket: ${why}`, 'warn', { admin: path });
    }
  }

  /** Null: none is wanted. Without a config there is nothing to find one by. */
  async #pathOf(admin: string): Promise<string | null> {
    if (admin === 'off') return null;
    const { defaultSocketPath, socketOf } = await import('../admin/socket-path.ts');
    if (admin !== 'auto') return socketOf(admin);
    const { config } = this.#subject.process;
    return config === null ? null : defaultSocketPath(config);
  }
}
