/** Lets threads give back what their start took: V8 has `gc` only in contexts that begin with the flag. */
import { setFlagsFromString } from 'node:v8';

/** For threads and contexts that begin from now on, of the whole process; it is not taken back. */
export function allowCollection(): void {
  setFlagsFromString('--expose-gc');
}
