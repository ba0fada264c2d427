/** `fairlead schema`: the JSON Schema of the config, for editors. */
import { configJsonSchema } from '../config/json-schema.ts';
import { EXIT_OK } from './exit-codes.ts';

export function printSchema(): number {
  console.log(JSON.stringify(configJsonSchema(), null, 2));
  return EXIT_OK;
}
