export function canInstallPackages(): boolean;
export function installPackages(packages: readonly string[]): string | null;
