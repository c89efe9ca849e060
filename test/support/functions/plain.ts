/** A plain Lambda handler that does what its event tells it to: for tests of what lies around a handler. */
interface Order {
  readonly do: 'tick' | 'ticks' | 'variables' | 'pid' | 'hoard';
}

let ticks = 0;

export async function handler(event: Order): Promise<unknown> {
  switch (event.do) {
    case 'tick':
      // Goes on after the answer, as far as it is let.
      setInterval(() => ticks++, 2);
      return ticks;
    case 'ticks': {
      const found = ticks;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { found, now: ticks };
    }
    case 'variables':
      return { ...process.env };
    case 'pid':
      return process.pid;
    default:
      throw new TypeError('told nothing sensible');
  }
}
