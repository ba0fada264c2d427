/**
 * Fills in the committed config files of the proxies. `$(name)` is a value (a form that neither YAML, HAProxy, nginx
 * nor a formatter takes for its own); a line that names `$(endpoint.…)` or `$(route.…)` is repeated for each of
 * them; a line that names a value which is null is left out.
 */
export interface TemplateValues {
  readonly values: Readonly<Record<string, string | number | null>>;
  readonly endpoints: readonly Readonly<Record<string, string | number>>[];
  readonly routes: readonly Readonly<Record<string, string | number>>[];
}

const NAME = /\$\(([\w.]+)\)/g;

/** @throws Error for a name that is not there: a typing mistake in a config file. */
export function fillTemplate(text: string, input: TemplateValues): string {
  return text
    .split('\n')
    .flatMap((line) => fillLine(line, input))
    .join('\n');
}

function fillLine(line: string, input: TemplateValues): string[] {
  if (line.includes('$(endpoint.')) return input.endpoints.flatMap((entry) => fill(line, input, 'endpoint.', entry));
  if (line.includes('$(route.')) return input.routes.flatMap((entry) => fill(line, input, 'route.', entry));
  return fill(line, input, '', {});
}

function fill(
  line: string,
  input: TemplateValues,
  prefix: string,
  entry: Readonly<Record<string, string | number>>,
): string[] {
  let isWanted = true;
  const filled = line.replace(NAME, (_match, name: string) => {
    const own = prefix !== '' && name.startsWith(prefix) ? entry[name.slice(prefix.length)] : undefined;
    const value = own ?? input.values[name];
    if (value === undefined) throw new Error(`the template names $(${name}), which has no value`);
    if (value === null) isWanted = false;
    return String(value);
  });
  return isWanted ? [filled] : [];
}
