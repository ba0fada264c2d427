/** Times, sizes and switches as a config file writes them. */

/** In the largest unit that leaves a whole number: 90000 → `90s`. */
export function formatDuration(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ];
  const [unit, size] = units.find(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

export function formatDurationOrOff(ms: number): string {
  return ms === 0 ? 'off' : formatDuration(ms);
}

/** In the largest unit that leaves a whole number: 65536 → `64KiB`. */
export function formatSize(bytes: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ];
  const [unit, size] = units.find(([, each]) => bytes % each === 0) ?? ['B', 1];
  return `${bytes / size}${unit}`;
}

export function formatByteRateOrOff(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? 'off' : `${formatSize(bytesPerSecond)}/s`;
}

export function onOff(isOn: boolean): string {
  return isOn ? 'on' : 'off';
}
