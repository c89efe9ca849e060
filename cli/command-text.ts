/** The command that runs something again, to be kept and shown: quoted for a shell, without passwords. */
const PASSWORD_FLAGS = ['-P', '--password'];

export function commandText(args: readonly string[]): string {
  const shown: string[] = ['millrace'];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (PASSWORD_FLAGS.includes(arg)) {
      i++;
      continue;
    }
    // -Psecret and --password=secret
    if (arg.startsWith('--password=') || /^-P./.test(arg)) continue;
    shown.push(quoted(arg.replace(/^(\w+:\/\/[^/@:]*):[^/@]*@/, '$1@')));
  }
  return shown.join(' ');
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
