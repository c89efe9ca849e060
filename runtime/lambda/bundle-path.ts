/** Where bundles of other projects' TypeScript lie; apart from the bundler, which no environment has to load. */
import { join, sep } from 'node:path';

const FOLDER = join('.millrace', 'build');

/** @param root of the project */
export function bundleFolder(root: string): string {
  return join(root, FOLDER);
}

export function isBundle(modulePath: string): boolean {
  return modulePath.includes(`${sep}${FOLDER}${sep}`);
}
